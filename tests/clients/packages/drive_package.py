"""Drives the Python client: one JSON order a line on stdin, one JSON outcome a line on stdout."""

import asyncio
import json
import os
import sys
import traceback

from openclaw_client import APIError, OpenClawClient, OpenClawError

url, kind = sys.argv[1:3]


def stream(client, order):
    text, events = "", 0
    with client.stream(order["message"], options=order.get("options")) as opened:
        for event in opened:
            events += 1
            if event["type"] == "delta":
                text += event["content"]
            if event["type"] == "done":
                return {"text": len(text) if len(text) > 200 else text, "end": event["finishReason"]}
            if events == order.get("leaveAfter"):
                return {"left": True}
    return {"text": text}


actions = {
    "chat": lambda client, order: client.chat(order["message"], options=order.get("options")),
    "stream": stream,
    "send": lambda client, order: client.send(order["channel"], order["chatId"], order["message"]),
    "health": lambda client, order: client.health(),
    "models": lambda client, order: [model["id"] for model in client.models()],
    "conversations": lambda client, order: {"count": len(list(client.conversations(page_size=order["pageSize"])))},
    "messages": lambda client, order: {
        "roles": [message["role"] for message in client.messages(order["id"], page_size=order["pageSize"])]
    },
    "deleteConversation": lambda client, order: client.delete_conversation(order["id"]) or {"deleted": True},
}


async def stream_async(client, order):
    text, events = "", 0
    async with await client.stream(order["message"], options=order.get("options")) as opened:
        async for event in opened:
            events += 1
            if event["type"] == "delta":
                text += event["content"]
            if event["type"] == "done":
                return {"text": len(text) if len(text) > 200 else text, "end": event["finishReason"]}
            if events == order.get("leaveAfter"):
                return {"left": True}
    return {"text": text}


async def act_async(action, order, token, timeout):
    from openclaw_client import AsyncOpenClawClient

    async with AsyncOpenClawClient(url, token, timeout=timeout) as client:
        if action == "chat":
            return await client.chat(order["message"], options=order.get("options"))
        if action == "stream":
            return await stream_async(client, order)
        if action == "send":
            return await client.send(order["channel"], order["chatId"], order["message"])
        if action == "health":
            return await client.health()
        if action == "models":
            return [model["id"] for model in await client.models()]
        if action == "conversations":
            return {"count": len([row async for row in client.conversations(page_size=order["pageSize"])])}
        if action == "messages":
            rows = client.messages(order["id"], page_size=order["pageSize"])
            return {"roles": [message["role"] async for message in rows]}
        await client.delete_conversation(order["id"])
        return {"deleted": True}


def act(action, order, token, timeout):
    if kind == "async":
        return asyncio.run(act_async(action, order, token, timeout))
    return actions[action](OpenClawClient(url, token=token, timeout=timeout), order)


for line in sys.stdin:
    order = json.loads(line)
    action = order.pop("action")
    token = order.pop("token", os.environ["OPENCLAW_TOKEN"])
    timeout = order.pop("timeoutMs", 20_000) / 1000
    try:
        outcome = {"value": act(action, order, token, timeout)}
    except OpenClawError as error:
        leaks = token in f"{error} {error!r} {traceback.format_exc()}"
        told = {"name": type(error).__name__, "leaks": leaks, "hasRequestId": False}
        if isinstance(error, APIError):
            assert error.response.status_code == error.status_code
            told.update(status=error.status_code, code=error.code, hasRequestId=error.request_id is not None)
            if error.retry_after is not None:
                told["retryAfter"] = error.retry_after
                assert int(error.response.headers.get("Retry-After", 30)) == error.retry_after
        outcome = {"error": told}
    print(json.dumps(outcome), flush=True)
