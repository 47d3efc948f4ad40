"""What is sent, and when it is sent again: the same for both clients."""

import json
import random
import re
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import quote, urlsplit

from ._errors import APIError
from ._types import Options
from ._version import __version__

DEFAULT_BASE_URL = "http://localhost:18789"
DEFAULT_MODEL = "claude-sonnet-4-20250514"
DEFAULT_TIMEOUT = 120.0
DEFAULT_RETRIES = 2

_RETRY_AFTER_MAX = 60
_BACKOFF_SECONDS = 0.5
_BACKOFF_SECONDS_MAX = 8.0

_FIELDS = {
    "conversation_id": "conversationId",
    "system_prompt": "systemPrompt",
    "max_tokens": "maxTokens",
    "response_format": "responseFormat",
}


def check_base_url(base_url: str) -> str:
    """Returns the URL without a slash at its end. Raises `ValueError` for what is no http or https URL."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("base_url must be an address such as http://localhost:18789")
    if parts.username or parts.password:
        raise ValueError("base_url must hold no user name or password; the token goes in `token`")
    return base_url.rstrip("/")


def check_token(token: str) -> str:
    """Returns the token. Raises `ValueError` for one that no header can hold; the message does not repeat it."""
    if not isinstance(token, str) or re.search(r"[^\x21-\x7e]", token):
        raise ValueError("token holds a space, a line break or another character that no token has")
    return token


def chat_body(
    message: str, model: Optional[str], options: Optional[Options], fields: Dict[str, Any]
) -> Dict[str, Any]:
    """Returns the body of a chat: `options` holds the API's own fields and wins over the defaults, named arguments win over both."""
    body: Dict[str, Any] = {"message": message}
    if model is not None and (model != DEFAULT_MODEL or not (options and "model" in options)):
        fields = {**fields, "model": model}
    if options:
        body.update((_FIELDS.get(name, name), value) for name, value in options.items() if value is not None)
    body.update((_FIELDS.get(name, name), value) for name, value in fields.items() if value is not None)
    return body


def idempotency_key() -> str:
    import uuid

    return str(uuid.uuid4())


def headers_of(token: str, *, key: Optional[str] = None, stream: bool = False, has_body: bool) -> Dict[str, str]:
    headers = {
        "Accept": "text/event-stream" if stream else "application/json",
        "User-Agent": f"openclaw-client-python/{__version__}",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if has_body:
        headers["Content-Type"] = "application/json"
    if key is not None:
        headers["Idempotency-Key"] = key
    return headers


def encode(body: Optional[Mapping[str, Any]]) -> Optional[bytes]:
    return None if body is None else json.dumps(body, ensure_ascii=True, allow_nan=False).encode("ascii")


def path_with(path: str, query: Optional[Mapping[str, Any]] = None) -> str:
    given = [(name, value) for name, value in (query or {}).items() if value is not None]
    pairs = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in given)
    return f"{path}?{pairs}" if pairs else path


def segment(value: str) -> str:
    """Returns one piece of a path, whatever it holds."""
    if not value:
        raise ValueError("an id must not be empty")
    return quote(value, safe="")


def wait_before_retry(error: Exception, attempt: int) -> Optional[float]:
    """Returns the seconds to wait before another try, or None where none makes sense. `attempt` counts from 0."""
    backoff: float = min(_BACKOFF_SECONDS_MAX, _BACKOFF_SECONDS * 2**attempt)
    jittered = backoff * (0.5 + random.random() / 2)
    if not isinstance(error, APIError):
        return jittered
    is_passing = error.status_code in (408, 429) or error.status_code >= 500 or error.code == "idempotency_conflict"
    if not is_passing or error.code == "invalid_output":
        return None
    if error.retry_after is None:
        return jittered
    return None if error.retry_after > _RETRY_AFTER_MAX else float(error.retry_after)


def page_of(reply: Any) -> Tuple[Any, Optional[str]]:
    """Returns a list's rows and the cursor of its next page."""
    return reply["data"], reply.get("nextCursor") if reply.get("hasMore") else None
