"""Classifies customer feedback into JSON of a fixed shape."""

import json
import os
import sys

try:
    from openclaw_client import APIError, OpenClawClient
except ImportError:  # In the repository; elsewhere: pip install openclaw-client
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "..", "clients", "python", "src"))
    from openclaw_client import APIError, OpenClawClient

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
        model=None,
        system_prompt="You are an expert in customer feedback. Classify it.",
        response_format={"type": "json_schema", "schema": FEEDBACK_SCHEMA},
        metadata={"customerId": customer_id},
    )
    return result["data"]


def main() -> None:
    client = OpenClawClient(os.environ.get("OPENCLAW_URL", "http://localhost:18789"), os.environ["OPENCLAW_TOKEN"])
    asked = [("CUST_000", " ".join(sys.argv[1:]))] if len(sys.argv) > 1 else SAMPLES
    for customer_id, feedback in asked:
        try:
            analysis = analyze_customer_feedback(client, feedback, customer_id)
        except APIError as error:
            sys.exit(f"{customer_id}: {error}")
        print(json.dumps({"customerId": customer_id, **analysis}))


if __name__ == "__main__":
    main()
