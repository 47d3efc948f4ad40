"""Writes first replies for tickets: a JSON list on stdin, one JSON object a line on stdout."""

import json
import os
import sys

try:
    from openclaw_client import OpenClawClient, OpenClawError
except ImportError:  # In the clone. A project of your own installs the client from there: docs/getting-started.md
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import OpenClawClient, OpenClawError

SYSTEM_PROMPT = (
    "You are an expert in technical support. Write a first reply to the ticket: professional, friendly, "
    "with what to try next. Promise nothing that you cannot know."
)


def first_reply(client: OpenClawClient, ticket: dict) -> dict:
    result = client.chat(
        f"Ticket title: {ticket['title']}\nTicket description: {ticket['description']}\nPriority: {ticket['priority']}",
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
    url, token = os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ.get("OPENCLAW_TOKEN")
    if not token:
        print(
            "Set OPENCLAW_TOKEN to a token with scope chat; in the folder of the clone this makes one: npx openclaw token create --name helpdesk --scope chat",
            file=sys.stderr,
        )
        sys.exit(2)
    client = OpenClawClient(url, token)
    try:
        tickets = json.load(sys.stdin)
    except ValueError:
        tickets = None
    if not isinstance(tickets, list):
        print("Give a JSON list of tickets on stdin, for example: < ../tickets.json", file=sys.stderr)
        sys.exit(2)
    failed = False
    for ticket in tickets:
        try:
            answered = first_reply(client, ticket)
        except OpenClawError as error:
            failed = True
            answered = {"ticket": ticket["id"], "error": str(error), "needs_review": True}
        print(json.dumps(answered))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
