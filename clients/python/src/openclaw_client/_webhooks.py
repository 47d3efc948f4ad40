"""Verification of what the gateway posts to your application."""

import base64
import hashlib
import hmac
import time
from typing import Any, Mapping, Optional, Union

from ._errors import WebhookVerificationError


def verify_webhook(
    body: Union[bytes, str],
    headers: Mapping[str, str],
    secret: str,
    *,
    tolerance: int = 300,
    now: Optional[float] = None,
) -> Any:
    """Return the event of a delivery that is the gateway's own and at most `tolerance` seconds old.

    `body` is the request's body as it came, not parsed and written again. Raises `WebhookVerificationError`. Follows Standard Webhooks
    (https://www.standardwebhooks.com).
    """
    if not secret:
        raise WebhookVerificationError("There is no secret to verify with.")
    raw = body.encode("utf-8") if isinstance(body, str) else bytes(body)
    given = {str(name).lower(): str(value) for name, value in headers.items()}
    try:
        delivery, stamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as error:
        raise WebhookVerificationError(f"The delivery has no header {error.args[0]}.") from None
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        raise WebhookVerificationError("The header webhook-timestamp is no number of seconds.")
    if abs((time.time() if now is None else now) - int(stamp)) > tolerance:
        raise WebhookVerificationError("The delivery is too old, or the clocks differ.")
    expected = sign_webhook(raw, delivery, int(stamp), secret)
    # Each is compared, so that the time does not tell which one was right.
    is_good = False
    for signature in signatures.split(" ")[:16]:
        is_good |= hmac.compare_digest(signature.encode("utf-8"), expected.encode("ascii"))
    if not is_good:
        raise WebhookVerificationError("The signature is not that of this secret and body.")
    import json

    return json.loads(raw)


def sign_webhook(body: bytes, delivery_id: str, timestamp: int, secret: str) -> str:
    """Return the value that `webhook-signature` has for a body; of use in tests of a receiver."""
    key = secret.encode("utf-8")
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret[len("whsec_") :], validate=True)
        except ValueError:
            raise WebhookVerificationError("The secret begins with whsec_ and is no base64 after it.") from None
    signed = f"{delivery_id}.{timestamp}.".encode("utf-8") + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
