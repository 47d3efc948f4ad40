"""Classifies customer feedback into JSON of a fixed shape."""

import json
import os
import sys

try:
    from openclaw_client import OpenClawClient, OpenClawError
except ImportError:  # In the clone. A project of your own installs the client from there: docs/getting-started.md
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import OpenClawClient, OpenClawError

FEEDBACK_SCHEMA = {
    "type": "object",
    "properties": {
        "sentiment": {"enum": ["positive", "neutral", "negative"]},
        "category": {"enum": ["product quality", "customer service", "pricing", "logistics", "other"]},
        "urgency": {"enum": ["high", "medium", "low"]},
        "summary": {"type": "string", "description": "One sentence."},
        "suggestedAction": {"type": "string"},
    },
    "required": ["sentiment", "category", "urgency", "summary", "suggestedAction"],
    "additionalProperties": False,
}

SAMPLES = [
    ("CUST_001", "Your product quality is terrible. It broke after just two days, and your customer service was rude!"),
    ("CUST_002", "Arrived a day early and works well. Thank you!"),
]


def analyze_customer_feedback(client: OpenClawClient, feedback: str, customer_id: str) -> dict:
    result = client.chat(
        f"Customer feedback:\n\n{feedback}",
        system_prompt="You are an expert in customer feedback. Classify it.",
        response_format={"type": "json_schema", "schema": FEEDBACK_SCHEMA},
        metadata={"customerId": customer_id},
    )
    return result["data"]


def main() -> None:
    url, token = os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ.get("OPENCLAW_TOKEN")
    if not token:
        print(
            "Set OPENCLAW_TOKEN to a token with scope chat; in the folder of the clone this makes one: npx openclaw token create --name crm --scope chat",
            file=sys.stderr,
        )
        sys.exit(2)
    client = OpenClawClient(url, token)
    asked = [("CUST_000", " ".join(sys.argv[1:]))] if len(sys.argv) > 1 else SAMPLES
    failed = False
    for customer_id, feedback in asked:
        try:
            analysis = analyze_customer_feedback(client, feedback, customer_id)
        except OpenClawError as error:
            failed = True
            print(f"{customer_id}: {error}", file=sys.stderr)
            continue
        print(json.dumps({"customerId": customer_id, **analysis}))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
