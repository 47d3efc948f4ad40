"""Uses every method of the client once and prints what came of it as one JSON object."""

import json
import os
import sys

import requests
from openclaw_client import OpenClawClient

address = sys.argv[1]
client = OpenClawClient(address + "/", token=os.environ["OPENCLAW_TOKEN"])
stranger = OpenClawClient(base_url=address, token="oc_tok_nobody")


def refusal(call) -> dict:
    try:
        call()
    except requests.exceptions.HTTPError as error:
        return {"status": error.response.status_code, "body": error.response.json()}
    return {}


first = client.chat("What's the weather like today?")
report = {
    "first": first,
    "second": client.chat("echo again", conversation_id=first["conversationId"], system_prompt="Be brief."),
    "named": client.chat("echo named", model="demo"),
    "stream": list(client.chat_stream("Tell me a story")),
    "send": refusal(lambda: client.send("telegram", "123456789", "Hello from API!")),
    "stranger": refusal(lambda: stranger.chat("Hello")),
    "strangerStream": refusal(lambda: list(stranger.chat_stream("Hello"))),
    "health": client.health(),
}
print(json.dumps(report))
