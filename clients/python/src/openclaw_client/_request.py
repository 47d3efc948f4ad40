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


class _NotNamed(str):
    """A default that is told from the same words given by a caller, by being another object."""


# What the API guide prints for the argument, so that signatures are as its readers know them. It is not sent: the id is retired, its
# successor may be a model that the gateway's owner has not chosen, or may not be allowed. So the gateway's `models.default` answers.
DEFAULT_MODEL: str = _NotNamed("claude-sonnet-4-20250514")
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
    """Returns the URL without a slash or the API's `/api/v1` at its end. Raises `ValueError` for what is no http or https URL."""
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (TypeError, ValueError, AttributeError):
        is_address = False
    if not is_address or re.search(r"\s", base_url):
        raise ValueError("base_url must be an address such as http://localhost:18789")
    if "@" in parts.netloc:
        raise ValueError("base_url must hold no user name or password; the token goes in `token`")
    if "?" in base_url or "#" in base_url:
        raise ValueError("base_url must hold no query and no fragment")
    return re.sub(r"/api/v1$", "", base_url.rstrip("/"))


def check_token(token: str) -> str:
    """Returns the token. Raises `ValueError` for one that no header can hold; the message does not repeat it."""
    if not isinstance(token, str):
        raise ValueError("token must be a string")
    if re.search(r"[^\x21-\x7e]", token):
        raise ValueError("token holds a space, a line break or another character that no token has")
    return token


def chat_body(
    message: str, model: Optional[str], options: Optional[Options], fields: Dict[str, Any]
) -> Dict[str, Any]:
    """Returns the body of a chat: `options` holds the API's own fields and wins over the defaults, named arguments win over both. Without a model the gateway chooses."""
    body: Dict[str, Any] = {"message": message}
    if model is not None and model is not DEFAULT_MODEL:
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
    if not error.retry_after:
        return jittered
    return None if error.retry_after > _RETRY_AFTER_MAX else float(error.retry_after)


def page_of(reply: Any) -> Tuple[Any, Optional[str]]:
    """Returns a list's rows and the cursor of its next page."""
    return reply["data"], reply.get("nextCursor") if reply.get("hasMore") else None
