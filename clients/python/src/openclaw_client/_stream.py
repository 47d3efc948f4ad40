"""A reply as it comes."""

from typing import TYPE_CHECKING, Any, Iterator, Optional, cast

from ._body import Body
from ._errors import ErrorResponse, cut_short, foreign_answer, parse_json, stream_error
from ._events import EventDecoder
from ._types import StreamEvent

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Type


class EventStream:
    """The events of one reply. Iterate over it; close it, or leave its `with` block, to stop the model early."""

    def __init__(self, raw: Any, url: str) -> None:
        self._raw = raw
        self._body = Body(raw)
        self._response = ErrorResponse(raw.status, dict(raw.headers.items()), b"", url)
        if raw.headers.get_content_type() != "text/event-stream":
            raw.close()
            raise foreign_answer(self._response)
        self._events = self._read()

    @property
    def request_id(self) -> Optional[str]:
        """The id to look for in the gateway's log and audit."""
        return cast(Optional[str], self._response.headers.get("x-request-id"))

    def __iter__(self) -> Iterator[StreamEvent]:
        return self

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(
        self,
        kind: "Optional[Type[BaseException]]",
        error: Optional[BaseException],
        traceback: "Optional[TracebackType]",
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """End the connection. Does nothing after the end."""
        raw, self._raw = getattr(self, "_raw", None), None
        if raw is not None:
            raw.close()

    def _read(self) -> Iterator[StreamEvent]:
        import zlib
        from http.client import HTTPException

        decoder = EventDecoder()
        try:
            while self._raw is not None:
                try:
                    chunk = self._body.read1()
                except (OSError, HTTPException, ValueError, zlib.error):
                    raise cut_short(self._response) from None
                if not chunk:
                    break
                for data in decoder.feed(chunk):
                    event = parse_event(data, self._response)
                    yield event
                    if event["type"] == "done":
                        return
            else:
                return
            raise cut_short(self._response)
        finally:
            self.close()


def parse_event(data: str, response: ErrorResponse) -> StreamEvent:
    """Returns an event. Raises `StreamError` for one of type `error`, and for what is no event."""
    event = parse_json(data)
    if not isinstance(event, dict) or "type" not in event:
        raise cut_short(response)
    if event["type"] == "error":
        raise stream_error(event, response)
    return cast(StreamEvent, event)
