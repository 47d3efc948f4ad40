"""What can go wrong. Nothing here ever holds the token."""

from typing import Any, Dict, Mapping, Optional, Type, TypeVar, Union, cast

_SECONDS_MAX = 999_999_999
_Kind = TypeVar("_Kind", bound="OpenClawError")


class OpenClawError(Exception):
    """Everything that this client raises by itself."""


class ConnectionFailedError(OpenClawError):
    """The gateway could not be reached, or the connection broke."""

    #: The system's code, for example `ECONNREFUSED`, where there is one.
    code: Optional[str] = None


class TimedOutError(ConnectionFailedError):
    """The gateway said nothing within the timeout."""


class WebhookVerificationError(OpenClawError):
    """A delivery that is not the gateway's, or too old."""


class ErrorResponse:
    """The answer that an error came from, with the names that `requests` has for it."""

    def __init__(self, status_code: int, headers: Mapping[str, str], content: bytes, url: str) -> None:
        self.status_code = status_code
        self.headers = _Headers(headers)
        self.content = content
        self.url = url
        self.reason = ""
        self.ok = False

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        import json

        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class _Headers(Dict[str, str]):
    """Headers by name, whatever its case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__((name.lower(), value) for name, value in headers.items())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


class APIError(OpenClawError):
    """The gateway refused or failed. `str(error)` says what to do."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str,
        request_id: Optional[str] = None,
        retry_after: Optional[int] = None,
        details: Optional[Dict[str, Any]] = None,
        doc_url: Optional[str] = None,
        response: Optional[ErrorResponse] = None,
    ) -> None:
        # Not handed on: where `requests` is installed its error is a base too, with an argument list of its own.
        Exception.__init__(self, message)
        self.message = message
        self.status_code = status_code
        #: One of the API's closed list, for example `rate_limit_exceeded`.
        self.code = code
        #: The id to look for in the gateway's log and audit.
        self.request_id = request_id
        #: Whole seconds after which a new try makes sense.
        self.retry_after = retry_after
        self.details = details
        #: The page of the gateway that says what to do about the code.
        self.doc_url = doc_url
        self.response = response
        self.request = None

    def __str__(self) -> str:
        where = f", request {self.request_id}" if self.request_id else ""
        return f"{self.message} ({self.status_code} {self.code}{where})"


class BadRequestError(APIError):
    """400, 413, 415, 422: the request is wrong."""


class AuthenticationError(APIError):
    """401: no token, or one that is wrong, expired or revoked."""


class BudgetExceededError(APIError):
    """402: the token's budget is used up."""


class PermissionDeniedError(APIError):
    """403: the token may not do this."""


class NotFoundError(APIError):
    """404: there is no such thing that this token can see."""


class ConflictError(APIError):
    """409: the id is taken, or the same request still runs."""


class RateLimitError(APIError):
    """429: too many requests; `retry_after` says when the next one passes."""


class ServerError(APIError):
    """5xx: the gateway, a model provider or a channel failed."""


class StreamError(APIError):
    """A stream that ended with an `error` event, or without any end."""


_BY_STATUS: Dict[int, Type[APIError]] = {
    401: AuthenticationError,
    402: BudgetExceededError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}

_with_requests: Dict[Type[OpenClawError], Type[OpenClawError]] = {}


def requests_aware(kind: Type[_Kind]) -> Type[_Kind]:
    """Returns the class itself, or where `requests` is installed one that is its exception too, so that code written for it catches both."""
    known = _with_requests.get(kind)
    if known is not None:
        return cast(Type[_Kind], known)
    made = kind
    try:
        from requests import exceptions
    except Exception:  # Not installed, or broken: then nobody catches its errors.
        pass
    else:
        base: Any
        if issubclass(kind, APIError):
            base = exceptions.HTTPError
        elif issubclass(kind, TimedOutError):
            base = exceptions.Timeout
        else:
            base = exceptions.ConnectionError
        made = type(kind.__name__, (kind, base), {"__module__": kind.__module__, "__doc__": kind.__doc__})
    _with_requests[kind] = made
    return made


def api_error(response: ErrorResponse) -> APIError:
    """Makes the error for an answer that is not 2xx."""
    status = response.status_code
    if status < 400:
        message = (
            f"The server at {response.url} redirects ({status}). The token would go along, so that is not followed: "
            "give the client the address that it leads to."
        )
        return _make(APIError, {}, message, status, response)
    body = _error_body(parse_json(response.content))
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequestError)
    return _make(kind, body, body.get("message") or _foreign_words(response), status, response)


def foreign_answer(response: ErrorResponse) -> APIError:
    """Makes the error for an answer that is 2xx and no gateway's: the page of a proxy, JSON of another shape, nothing."""
    return _make(APIError, {}, _foreign_words(response), response.status_code, response)


def reply_of(method: str, response: ErrorResponse, rows: Optional[str] = None) -> Any:
    """Returns the object of an answer, which has the list `rows`. Raises `APIError` for what no gateway sends."""
    reply = {} if method == "DELETE" and not response.content else parse_json(response.content)
    if not isinstance(reply, dict) or (rows is not None and not isinstance(reply.get(rows), list)):
        raise foreign_answer(response)
    return reply


def parse_json(text: Union[bytes, str]) -> Any:
    """Returns a parsed JSON text; None for what is none."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _foreign_words(response: ErrorResponse) -> str:
    return (
        f"The server at {response.url} answered {response.status_code} and not as a gateway does: "
        "check the address, and what stands before the gateway."
    )


# What has another type than the API's is left out.
def _error_body(body: Any) -> Dict[str, Any]:
    if not isinstance(body, dict) or not isinstance(body.get("error"), str) or not isinstance(body.get("message"), str):
        return {}
    return body


def stream_error(event: Mapping[str, Any], response: ErrorResponse) -> APIError:
    """Makes the error for an `error` event."""
    return _make(StreamError, event, str(event.get("message") or "The stream failed."), response.status_code, response)


def cut_short(response: ErrorResponse) -> APIError:
    """Makes the error for a stream that ended without `done` or `error`."""
    message = "The stream was cut before its end: what has come is not the whole reply."
    return _make(StreamError, {"error": "stream_interrupted"}, message, response.status_code, response)


def _make(
    kind: Type[APIError], body: Mapping[str, Any], message: str, status: int, response: ErrorResponse
) -> APIError:
    details, request_id = body.get("details"), body.get("requestId")
    made = requests_aware(kind)
    return made(
        message,
        status_code=status,
        code=str(body.get("error") or "unknown"),
        request_id=request_id if isinstance(request_id, str) else response.headers.get("x-request-id"),
        retry_after=retry_after_of(body, response.headers),
        details=details if isinstance(details, dict) else None,
        doc_url=_help_of(response),
        response=response,
    )


# The gateway does not know by which address it was called (https://www.rfc-editor.org/rfc/rfc8288).
def _help_of(response: ErrorResponse) -> Optional[str]:
    import re

    found = re.match(r'<(/[^<>]*)>; rel="help"$', response.headers.get("link", ""))
    return response.url + found.group(1) if found else None


def retry_after_of(body: Mapping[str, Any], headers: Mapping[str, str]) -> Optional[int]:
    """Returns the whole seconds that the gateway says to wait."""
    given = headers.get("retry-after")
    seconds = None if given is None else _seconds_of(given.strip(), headers.get("date"))
    if seconds is not None:
        return seconds
    told = body.get("retryAfter")
    return told if type(told) is int and 0 <= told <= _SECONDS_MAX else None


# Seconds, or a date, which counts by the server's own clock (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after).
def _seconds_of(text: str, now: Optional[str]) -> Optional[int]:
    if text.isascii() and text.isdigit():
        return _SECONDS_MAX if len(text) > 9 else int(text)
    until = _date_of(text)
    if until is None:
        return None
    import math
    import time

    seconds = math.ceil(until - (_date_of(now or "") or time.time()))
    return min(max(0, seconds), _SECONDS_MAX)


def _date_of(text: str) -> Optional[float]:
    import re
    from email.utils import parsedate_to_datetime

    if not re.match(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$", text):
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
