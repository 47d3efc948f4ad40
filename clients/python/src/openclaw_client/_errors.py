"""What can go wrong. Nothing here ever holds the token."""

from typing import Any, Dict, Mapping, Optional, Type, TypeVar, cast

_Kind = TypeVar("_Kind", bound="OpenClawError")


class OpenClawError(Exception):
    """Everything that this client raises by itself."""


class ConnectionFailedError(OpenClawError):
    """The gateway could not be reached, or the connection broke."""


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


def connection_failed(message: str, *, timed_out: bool = False) -> OpenClawError:
    """Makes the error for a connection that failed."""
    return requests_aware(TimedOutError if timed_out else ConnectionFailedError)(message)


def api_error(response: ErrorResponse) -> APIError:
    """Makes the error for an answer that is not 2xx."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    message = body.get("message") or f"The server at {response.url} answered {status} and not as a gateway does."
    kind = _BY_STATUS.get(status) or (ServerError if status >= 500 else BadRequestError)
    return _make(kind, body, str(message), status, response)


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
    details = body.get("details")
    made = requests_aware(kind)
    return made(
        message,
        status_code=status,
        code=str(body.get("error") or "unknown"),
        request_id=body.get("requestId") or response.headers.get("x-request-id"),
        retry_after=retry_after_of(body, response.headers),
        details=details if isinstance(details, dict) else None,
        response=response,
    )


def retry_after_of(body: Mapping[str, Any], headers: Mapping[str, str]) -> Optional[int]:
    """Returns the whole seconds that the gateway says to wait."""
    for value in (headers.get("retry-after"), body.get("retryAfter")):
        try:
            seconds = int(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if seconds >= 0:
            return seconds
    return None
