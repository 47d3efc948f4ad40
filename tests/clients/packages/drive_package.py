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


async def act_async(action, order, base_url, token, **settings):
    from openclaw_client import AsyncOpenClawClient

    async with AsyncOpenClawClient(base_url, token, **settings) as client:
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


async def act_within(seconds, acting):
    try:
        return await asyncio.wait_for(acting, seconds)
    except asyncio.TimeoutError:
        return {"aborted": True}


def act(action, order, base_url, **settings):
    if kind == "async":
        leave_after = order.pop("abortAfterMs", None)
        acting = act_async(action, order, base_url, **settings)
        return asyncio.run(acting if leave_after is None else act_within(leave_after / 1000, acting))
    return actions[action](OpenClawClient(base_url, **settings), order)


def told_of(error, token):
    leaks = token in f"{error} {error!r} {traceback.format_exc()} {vars(error)}"
    told = {"name": type(error).__name__, "leaks": leaks, "hasRequestId": False}
    if isinstance(error, APIError):
        assert error.response.status_code == error.status_code
        told.update(status=error.status_code, code=error.code, hasRequestId=error.request_id is not None)
        if error.doc_url is not None:
            told["docUrl"] = error.doc_url
        if error.retry_after is not None:
            told["retryAfter"] = error.retry_after
            given = error.response.headers.get("Retry-After", "")
            assert not given.isdigit() or len(given) > 9 or int(given) == error.retry_after
    elif getattr(error, "code", None) is not None:
        told["code"] = error.code
    return told


for line in sys.stdin:
    order = json.loads(line)
    action = order.pop("action")
    settings = {
        "base_url": order.pop("baseUrl", url),
        "token": order.pop("token", os.environ["OPENCLAW_TOKEN"]),
        "timeout": order.pop("timeoutMs", 20_000) / 1000,
    }
    if "maxRetries" in order:
        settings["max_retries"] = order.pop("maxRetries")
    try:
        outcome = {"value": act(action, order, **settings)}
    except OpenClawError as error:
        outcome = {"error": told_of(error, settings["token"])}
        if order.get("tells"):
            outcome["error"]["message"] = str(error)
    except Exception as error:
        outcome = {"crash": {"name": type(error).__name__, "message": str(error)}}
    print(json.dumps(outcome), flush=True)
