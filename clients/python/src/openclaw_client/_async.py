"""The asynchronous client, on httpx (`pip install openclaw-client[async]`)."""

import asyncio
from typing import TYPE_CHECKING, Any, AsyncIterator, Dict, List, Mapping, Optional, cast

try:
    import httpx
except ImportError as missing:  # pragma: no cover
    raise ImportError('AsyncOpenClawClient needs httpx: pip install "openclaw-client[async]"') from missing

from ._connection import unreachable
from ._errors import APIError, ConnectionFailedError, ErrorResponse, api_error, cut_short, foreign_answer, reply_of
from ._events import EventDecoder
from ._request import (
    DEFAULT_BASE_URL,
    DEFAULT_MODEL,
    DEFAULT_RETRIES,
    DEFAULT_TIMEOUT,
    chat_body,
    check_base_url,
    check_token,
    encode,
    headers_of,
    idempotency_key,
    path_with,
    segment,
    wait_before_retry,
)
from ._stream import parse_event
from ._types import ChatReply, Conversation, Health, Message, Model, Options, SendReply, Skill, StreamEvent, UsageRow

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Type


class AsyncOpenClawClient:
    """The same as `OpenClawClient`, with `await`. Use it as `async with`, or call `aclose`."""

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        token: str = "",
        *,
        timeout: float = DEFAULT_TIMEOUT,
        max_retries: int = DEFAULT_RETRIES,
    ) -> None:
        self.base_url = check_base_url(base_url)
        self.timeout = timeout
        self.max_retries = max_retries
        self.__token = check_token(token)
        self._http = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    def __repr__(self) -> str:
        return f"AsyncOpenClawClient(base_url={self.base_url!r})"

    async def __aenter__(self) -> "AsyncOpenClawClient":
        return self

    async def __aexit__(
        self,
        kind: "Optional[Type[BaseException]]",
        error: Optional[BaseException],
        traceback: "Optional[TracebackType]",
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def chat(
        self,
        message: str,
        conversation_id: Optional[str] = None,
        model: Optional[str] = DEFAULT_MODEL,
        system_prompt: Optional[str] = None,
        *,
        options: Optional[Options] = None,
        idempotency_key: Optional[str] = None,
        **fields: Any,
    ) -> ChatReply:
        """Send a message and get the model's reply."""
        named = {"conversation_id": conversation_id, "system_prompt": system_prompt, **fields}
        body = chat_body(message, model, options, named)
        return cast(ChatReply, await self._post("/api/v1/chat", body, idempotency_key))

    async def chat_stream(
        self, message: str, model: Optional[str] = DEFAULT_MODEL, *, options: Optional[Options] = None, **fields: Any
    ) -> AsyncIterator[str]:
        """Yield the reply's text piece by piece."""
        async with await self.stream(message, model=model, options=options, **fields) as events:
            async for event in events:
                if event["type"] == "delta":
                    yield cast(str, event["content"])  # type: ignore[typeddict-item]

    async def stream(
        self, message: str, model: Optional[str] = DEFAULT_MODEL, *, options: Optional[Options] = None, **fields: Any
    ) -> "AsyncEventStream":
        """Open a stream of events: `start`, `delta`..., `done`."""
        body = chat_body(message, model, options, fields)
        headers = headers_of(self.__token, stream=True, has_body=True)
        for attempt in range(self.max_retries + 1):
            try:
                path = "/api/v1/chat/stream"
                response = await self._open_once("POST", path, headers, encode(body), stream=True)
                return await AsyncEventStream.of(response, self._told(response))
            except (APIError, ConnectionFailedError) as error:
                await self._rest(error, attempt)
        raise AssertionError("unreachable")

    async def send(
        self,
        channel: str,
        chat_id: str,
        message: str,
        *,
        metadata: Optional[Mapping[str, str]] = None,
        idempotency_key: Optional[str] = None,
    ) -> SendReply:
        """Send a message to a chat of a channel. `message` is Markdown."""
        body: Dict[str, Any] = {"channel": channel, "chatId": chat_id, "message": message}
        if metadata is not None:
            body["metadata"] = metadata
        return cast(SendReply, await self._post("/api/v1/send", body, idempotency_key))

    async def health(self) -> Health:
        """Ask whether the gateway is there. Needs no token."""
        return cast(Health, await self._call("GET", "/health", with_token=False))

    async def health_detail(self) -> Health:
        """Ask how each part of the gateway is."""
        return cast(Health, await self._call("GET", "/health/detail"))

    async def models(self) -> List[Model]:
        """List the models."""
        return cast(List[Model], (await self._call("GET", "/api/v1/models", rows="data"))["data"])

    async def skills(self) -> List[Skill]:
        """List the skills."""
        return cast(List[Skill], (await self._call("GET", "/api/v1/skills", rows="data"))["data"])

    async def usage(
        self, from_: Optional[str] = None, to: Optional[str] = None, group_by: Optional[str] = None
    ) -> List[UsageRow]:
        """Sum up what was used, by `day`, `model`, `token` or `metadata.<key>`."""
        path = path_with("/api/v1/usage", {"from": from_, "to": to, "groupBy": group_by})
        return cast(List[UsageRow], (await self._call("GET", path, rows="data"))["data"])

    def conversations(self, channel: Optional[str] = None, page_size: int = 100) -> AsyncIterator[Conversation]:
        """Yield all conversations that the token can see, newest first."""
        return self._pages("/api/v1/conversations", {"channel": channel}, page_size, "data")

    async def conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation, with its first messages under `messages`."""
        return cast(Conversation, await self._call("GET", f"/api/v1/conversations/{segment(conversation_id)}"))

    def messages(self, conversation_id: str, page_size: int = 100) -> AsyncIterator[Message]:
        """Yield all messages of a conversation, oldest first."""
        return self._pages(f"/api/v1/conversations/{segment(conversation_id)}", {}, page_size, "messages")

    async def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation and its messages."""
        await self._call("DELETE", f"/api/v1/conversations/{segment(conversation_id)}")

    async def _pages(self, path: str, query: Mapping[str, Any], page_size: int, field: str) -> AsyncIterator[Any]:
        cursor: Optional[str] = None
        while True:
            page = path_with(path, {**query, "limit": page_size, "cursor": cursor})
            reply = await self._call("GET", page, rows=field)
            for row in reply[field]:
                yield row
            cursor = reply.get("nextCursor") if reply.get("hasMore") else None
            if cursor is None:
                return

    async def _post(self, path: str, body: Mapping[str, Any], key: Optional[str]) -> Any:
        return await self._call("POST", path, body, key if key is not None else idempotency_key())

    async def _call(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        key: Optional[str] = None,
        with_token: bool = True,
        rows: Optional[str] = None,
    ) -> Any:
        headers = headers_of(self.__token if with_token else "", key=key, has_body=body is not None)
        for attempt in range(self.max_retries + 1):
            try:
                response = await self._open_once(method, path, headers, encode(body), stream=False)
                return reply_of(method, self._told(response, response.content), rows)
            except (APIError, ConnectionFailedError) as error:
                await self._rest(error, attempt)
        raise AssertionError("unreachable")

    async def _rest(self, error: Exception, attempt: int) -> None:
        seconds = wait_before_retry(error, attempt) if attempt < self.max_retries else None
        if seconds is None:
            raise error
        await asyncio.sleep(seconds)

    async def _open_once(
        self, method: str, path: str, headers: Mapping[str, str], data: Optional[bytes], stream: bool
    ) -> "httpx.Response":
        url = self.base_url + path
        request = self._http.build_request(method, url, headers=dict(headers), content=data)
        try:
            response = await self._http.send(request, stream=stream)
            if response.status_code < 200 or response.status_code >= 300:
                content = await response.aread()
                await response.aclose()
                raise api_error(self._told(response, content))
            return response
        except httpx.HTTPError as error:
            raise unreachable(self.base_url, self.timeout, error) from None

    def _told(self, response: "httpx.Response", content: bytes = b"") -> ErrorResponse:
        return ErrorResponse(response.status_code, dict(response.headers), content, self.base_url)


class AsyncEventStream:
    """The events of one reply. Iterate over it with `async for`; leave its `async with` block to stop the model early."""

    def __init__(self, response: "httpx.Response", told: ErrorResponse) -> None:
        self._http_response = response
        self._response = told
        self._events = self._read()

    @staticmethod
    async def of(response: "httpx.Response", told: ErrorResponse) -> "AsyncEventStream":
        """Returns the events of an answer. Raises `APIError` for one that is no stream of events."""
        if not told.headers.get("content-type", "").lower().startswith("text/event-stream"):
            await response.aclose()
            raise foreign_answer(told)
        return AsyncEventStream(response, told)

    @property
    def request_id(self) -> Optional[str]:
        """The id to look for in the gateway's log and audit."""
        return cast(Optional[str], self._response.headers.get("x-request-id"))

    def __aiter__(self) -> AsyncIterator[StreamEvent]:
        return self._events

    async def __aenter__(self) -> "AsyncEventStream":
        return self

    async def __aexit__(
        self,
        kind: "Optional[Type[BaseException]]",
        error: Optional[BaseException],
        traceback: "Optional[TracebackType]",
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connection."""
        await self._http_response.aclose()

    async def _read(self) -> AsyncIterator[StreamEvent]:
        decoder = EventDecoder()
        try:
            async for chunk in self._http_response.aiter_bytes():
                for data in decoder.feed(chunk):
                    event = parse_event(data, self._response)
                    yield event
                    if event["type"] == "done":
                        return
        except (httpx.HTTPError, httpx.StreamError):
            raise cut_short(self._response) from None
        finally:
            await self.aclose()
        raise cut_short(self._response)
