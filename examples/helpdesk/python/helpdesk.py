"""Writes first replies for tickets: a JSON list on stdin, one JSON object a line on stdout."""

import json
import os
import sys

try:
    from openclaw_client import APIError, OpenClawClient
except ImportError:  # In the repository; elsewhere: pip install openclaw-client
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import APIError, OpenClawClient

SYSTEM_PROMPT = (
    "You are an expert in technical support. Write a first reply to the ticket: professional, friendly, "
    "with what to try next. Promise nothing that you cannot know."
)


def first_reply(client: OpenClawClient, ticket: dict) -> dict:
    result = client.chat(
        f"Ticket title: {ticket['title']}\nTicket description: {ticket['description']}\nPriority: {ticket['priority']}",
        model=None,
        system_prompt=SYSTEM_PROMPT,
        metadata={"ticket": ticket["id"]},
        idempotency_key=f"first-reply-{ticket['id']}",
    )
    return {
        "ticket": ticket["id"],
        "reply": result["content"],
        "auto_generated": True,
        "model": result["model"],
        "needs_review": ticket["priority"] == "high",
    }


def main() -> None:
    client = OpenClawClient(os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ["OPENCLAW_TOKEN"])
    failed = False
    for ticket in json.load(sys.stdin):
        try:
            answered = first_reply(client, ticket)
        except APIError as error:
            failed = True
            answered = {"ticket": ticket["id"], "error": str(error), "needs_review": True}
        print(json.dumps(answered))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
