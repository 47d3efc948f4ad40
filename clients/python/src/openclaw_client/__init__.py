"""Client of OpenClaw Gateway: AI models and chat channels behind one REST API.

>>> from openclaw_client import OpenClawClient
>>> client = OpenClawClient(token="oc_tok_...")   # doctest: +SKIP
>>> print(client.chat("Hello")["content"])        # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from ._client import OpenClawClient
from ._errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    BudgetExceededError,
    ConflictError,
    ConnectionFailedError,
    NotFoundError,
    OpenClawError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    StreamError,
    TimedOutError,
    WebhookVerificationError,
)
from ._stream import EventStream
from ._version import __version__
from ._webhooks import sign_webhook, verify_webhook

if TYPE_CHECKING:
    from ._async import AsyncEventStream as AsyncEventStream
    from ._async import AsyncOpenClawClient as AsyncOpenClawClient

# Without the asynchronous client: `import *` would need httpx.
__all__ = [
    "APIError",
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceededError",
    "ConflictError",
    "ConnectionFailedError",
    "EventStream",
    "NotFoundError",
    "OpenClawClient",
    "OpenClawError",
    "PermissionDeniedError",
    "RateLimitError",
    "ServerError",
    "StreamError",
    "TimedOutError",
    "WebhookVerificationError",
    "__version__",
    "sign_webhook",
    "verify_webhook",
]


def __getattr__(name: str) -> Any:
    # The asynchronous client needs httpx, which only the extra `async` brings.
    if name in ("AsyncOpenClawClient", "AsyncEventStream"):
        from . import _async

        return getattr(_async, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
