"""Sends a message to a Telegram chat: notify.py CHAT_ID TEXT [NAME]"""

import os
import sys

try:
    from openclaw_client import OpenClawClient, OpenClawError
except ImportError:  # In the clone. A project of your own installs the client from there: docs/getting-started.md
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import OpenClawClient, OpenClawError


def main() -> None:
    if len(sys.argv) not in (3, 4):
        print("Usage: notify.py CHAT_ID TEXT [NAME]", file=sys.stderr)
        sys.exit(2)
    chat_id, text, *name = sys.argv[1:]
    url, token = os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ.get("OPENCLAW_TOKEN")
    if not token:
        print(
            "Set OPENCLAW_TOKEN to a token with scope send; in the folder of the clone this makes one: npx openclaw token create --name notify --scope send",
            file=sys.stderr,
        )
        sys.exit(2)
    client = OpenClawClient(url, token)
    try:
        sent = client.send("telegram", chat_id, text, idempotency_key=name[0] if name else None)
    except OpenClawError as error:
        sys.exit(f"Not sent: {error}")
    print(f"Sent as {', '.join(sent['externalIds'])} in {sent['conversationId']}.")


if __name__ == "__main__":
    main()
