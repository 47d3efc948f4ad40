"""The synchronous client: standard library only."""

import time
from typing import Any, Dict, Iterator, List, Mapping, Optional, cast

from ._body import Body
from ._connection import unreachable
from ._errors import APIError, ConnectionFailedError, ErrorResponse, api_error, reply_of
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
    page_of,
    path_with,
    segment,
    wait_before_retry,
)
from ._stream import EventStream
from ._types import ChatReply, Conversation, Health, Message, Model, Options, SendReply, Skill, UsageRow

_ERROR_BYTES_MAX = 1024 * 1024


class OpenClawClient:
    """Talks to one gateway. Safe to share between threads.

    `timeout` is in seconds: how long the gateway may say nothing. `max_retries` further tries follow a failed connection, 408, 429 and
    5xx; `Retry-After` is honoured up to 60 s. Every question carries an `Idempotency-Key`, so that no try is billed or sent twice.
    """

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

    def __repr__(self) -> str:
        return f"OpenClawClient(base_url={self.base_url!r})"

    def __getstate__(self) -> object:
        raise TypeError("a client holds a token and is not to be pickled: make a new one")

    def chat(
        self,
        message: str,
        conversation_id: Optional[str] = None,
        model: Optional[str] = DEFAULT_MODEL,
        system_prompt: Optional[str] = None,
        *,
        max_tokens: Optional[int] = None,
        temperature: Optional[float] = None,
        response_format: Optional[Mapping[str, Any]] = None,
        attachments: Optional[List[Mapping[str, Any]]] = None,
        skills: Optional[List[str]] = None,
        metadata: Optional[Mapping[str, str]] = None,
        options: Optional[Options] = None,
        idempotency_key: Optional[str] = None,
    ) -> ChatReply:
        """Send a message and get the model's reply. `options` takes any field of the API by its own name. Unless a model is named, the gateway chooses."""
        fields = dict(
            conversation_id=conversation_id,
            system_prompt=system_prompt,
            max_tokens=max_tokens,
            temperature=temperature,
            response_format=response_format,
            attachments=attachments,
            skills=skills,
            metadata=metadata,
        )
        return cast(ChatReply, self._post("/api/v1/chat", chat_body(message, model, options, fields), idempotency_key))

    def chat_stream(
        self, message: str, model: Optional[str] = DEFAULT_MODEL, *, options: Optional[Options] = None, **fields: Any
    ) -> Iterator[str]:
        """Yield the reply's text piece by piece. Leaving the loop early stops the model."""
        with self.stream(message, model=model, options=options, **fields) as events:
            for event in events:
                if event["type"] == "delta":
                    yield cast(str, event["content"])  # type: ignore[typeddict-item]

    def stream(
        self, message: str, model: Optional[str] = DEFAULT_MODEL, *, options: Optional[Options] = None, **fields: Any
    ) -> EventStream:
        """Open a stream of events: `start`, `delta`..., `done`. Raises `StreamError` where it ends in any other way."""
        body = chat_body(message, model, options, fields)
        headers = headers_of(self.__token, stream=True, has_body=True)
        raw = self._open("POST", "/api/v1/chat/stream", headers, encode(body))
        return EventStream(raw, self.base_url)

    def send(
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
        return cast(SendReply, self._post("/api/v1/send", body, idempotency_key))

    def health(self) -> Health:
        """Ask whether the gateway is there. Needs no token."""
        return cast(Health, self._get("/health", with_token=False))

    def health_detail(self) -> Health:
        """Ask how each part of the gateway is."""
        return cast(Health, self._get("/health/detail"))

    def models(self) -> List[Model]:
        """List the models."""
        return cast(List[Model], self._get("/api/v1/models", rows="data")["data"])

    def skills(self) -> List[Skill]:
        """List the skills."""
        return cast(List[Skill], self._get("/api/v1/skills", rows="data")["data"])

    def usage(
        self, from_: Optional[str] = None, to: Optional[str] = None, group_by: Optional[str] = None
    ) -> List[UsageRow]:
        """Sum up what was used, by `day`, `model`, `token` or `metadata.<key>`; the last 30 days by default."""
        query = {"from": from_, "to": to, "groupBy": group_by}
        return cast(List[UsageRow], self._get(path_with("/api/v1/usage", query), rows="data")["data"])

    def conversations(self, channel: Optional[str] = None, page_size: int = 100) -> Iterator[Conversation]:
        """Yield all conversations that the token can see, newest first, asking for one page at a time."""
        return cast(Iterator[Conversation], self._pages("/api/v1/conversations", {"channel": channel}, page_size))

    def conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation, with its first messages under `messages`."""
        return cast(Conversation, self._get(f"/api/v1/conversations/{segment(conversation_id)}"))

    def messages(self, conversation_id: str, page_size: int = 100) -> Iterator[Message]:
        """Yield all messages of a conversation, oldest first, asking for one page at a time."""
        path = f"/api/v1/conversations/{segment(conversation_id)}"
        return cast(Iterator[Message], self._pages(path, {}, page_size, "messages"))

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation and its messages."""
        self._call("DELETE", f"/api/v1/conversations/{segment(conversation_id)}")

    def _pages(self, path: str, query: Mapping[str, Any], page_size: int, field: str = "data") -> Iterator[Any]:
        cursor: Optional[str] = None
        while True:
            reply = self._get(path_with(path, {**query, "limit": page_size, "cursor": cursor}), rows=field)
            yield from reply[field]
            _, cursor = page_of({**reply, "data": reply[field]})
            if cursor is None:
                return

    def _get(self, path: str, with_token: bool = True, rows: Optional[str] = None) -> Any:
        return self._call("GET", path, with_token=with_token, rows=rows)

    def _post(self, path: str, body: Mapping[str, Any], key: Optional[str]) -> Any:
        return self._call("POST", path, body, key if key is not None else idempotency_key())

    def _call(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        key: Optional[str] = None,
        with_token: bool = True,
        rows: Optional[str] = None,
    ) -> Any:
        headers = headers_of(self.__token if with_token else "", key=key, has_body=body is not None)
        data = encode(body)
        for attempt in range(self.max_retries + 1):
            try:
                with self._open_once(method, path, headers, data) as raw:
                    content = self._read(raw)
                    response = ErrorResponse(raw.status, dict(raw.headers.items()), content, self.base_url)
                    return reply_of(method, response, rows)
            except (APIError, ConnectionFailedError) as error:
                self._rest(error, attempt)
        raise AssertionError("unreachable")

    def _open(self, method: str, path: str, headers: Mapping[str, str], data: Optional[bytes]) -> Any:
        for attempt in range(self.max_retries + 1):
            try:
                return self._open_once(method, path, headers, data)
            except (APIError, ConnectionFailedError) as error:
                self._rest(error, attempt)
        raise AssertionError("unreachable")

    def _rest(self, error: Exception, attempt: int) -> None:
        seconds = wait_before_retry(error, attempt) if attempt < self.max_retries else None
        if seconds is None:
            raise error
        time.sleep(seconds)

    def _open_once(self, method: str, path: str, headers: Mapping[str, str], data: Optional[bytes]) -> Any:
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import Request

        url = self.base_url + path
        request = Request(url, data=data, headers=dict(headers), method=method)
        try:
            return _opener().open(request, timeout=self.timeout)
        except HTTPError as error:
            with error:
                content = _read_error(error)
                response = ErrorResponse(error.code, dict(error.headers.items()), content, self.base_url)
            raise api_error(response) from None
        except URLError as error:
            raise unreachable(self.base_url, self.timeout, error.reason) from None
        except (OSError, HTTPException) as error:
            raise unreachable(self.base_url, self.timeout, error) from None

    def _read(self, raw: Any) -> bytes:
        import zlib
        from http.client import HTTPException

        try:
            return Body(raw).read()
        except (OSError, HTTPException, EOFError, zlib.error) as error:
            raise unreachable(self.base_url, self.timeout, error) from None


def _read_error(error: Any) -> bytes:
    try:
        return Body(error).read(_ERROR_BYTES_MAX)
    except Exception:  # What the status says is enough.
        return b""


_shared_opener: Any = None


def _opener() -> Any:
    """Follows no redirect: the token would go with it."""
    global _shared_opener
    if _shared_opener is None:
        from urllib.request import HTTPRedirectHandler, build_opener

        class NoRedirect(HTTPRedirectHandler):
            def redirect_request(self, *args: Any, **kwargs: Any) -> None:
                return None

        _shared_opener = build_opener(NoRedirect())
    return _shared_opener
