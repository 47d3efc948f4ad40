"""Sends a message to a Telegram chat: notify.py CHAT_ID TEXT [NAME]"""

import os
import sys

try:
    from openclaw_client import APIError, OpenClawClient
except ImportError:  # In the repository; elsewhere: pip install openclaw-client
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import APIError, OpenClawClient


def main() -> None:
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    chat_id, text, *name = sys.argv[1:]
    client = OpenClawClient(os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ["OPENCLAW_TOKEN"])
    try:
        sent = client.send("telegram", chat_id, text, idempotency_key=name[0] if name else None)
    except APIError as error:
        sys.exit(f"Not sent: {error}")
    print(f"Sent as {', '.join(sent['externalIds'])} in {sent['conversationId']}.")


if __name__ == "__main__":
    main()
