"""What went wrong with a connection, and what to do about it."""

import errno
from typing import Iterator, Optional

from ._errors import ConnectionFailedError, OpenClawError, TimedOutError, requests_aware


def unreachable(base_url: str, timeout: float, reason: object) -> OpenClawError:
    """Makes the error for a connection that could not be opened, broke, or said nothing for too long."""
    if isinstance(reason, TimeoutError) or "timed out" in str(reason) or type(reason).__name__.endswith("Timeout"):
        return requests_aware(TimedOutError)(f"{base_url} said nothing within {timeout:g} s.")
    code = _code_of(reason)
    error = requests_aware(ConnectionFailedError)(_words_for(code, reason, base_url))
    error.code = code
    return error


# The error's own text is never repeated: it could hold a header.
def _words_for(code: Optional[str], reason: object, base_url: str) -> str:
    if code == "ECONNREFUSED":
        return (
            f'Nothing answers at {base_url} ({code}): start the gateway there with "openclaw gateway", '
            "or give the client the address that it prints."
        )
    if code in ("ENOTFOUND", "EAI_AGAIN"):
        return f"The host of {base_url} cannot be found ({code}): check its name."
    if _is_about_tls(reason):
        return (
            f"{base_url} speaks no TLS, or has a certificate that is not trusted here ({code}): "
            "check whether the address begins with http:// or https://."
        )
    why = code or type(reason).__name__
    return f"{base_url} cannot be reached, or broke the connection off ({why}): check that the gateway runs there, and its log."


def _code_of(reason: object) -> Optional[str]:
    import socket
    import ssl

    for error in _chain(reason):
        if isinstance(error, ssl.SSLError):
            return error.reason or "SSL"
        if isinstance(error, socket.gaierror):
            return "EAI_AGAIN" if error.errno == socket.EAI_AGAIN else "ENOTFOUND"
        if isinstance(error, OSError) and isinstance(error.errno, int) and error.errno in errno.errorcode:
            return errno.errorcode[error.errno]
        if isinstance(error, ConnectionResetError):
            return "ECONNRESET"
    return None


def _is_about_tls(reason: object) -> bool:
    import ssl

    return any(isinstance(error, ssl.SSLError) for error in _chain(reason))


# httpx wraps what the system said several times, and a name with several addresses fails with one error for each.
def _chain(reason: object) -> Iterator[BaseException]:
    waiting, seen = [reason], 0
    while waiting and seen < 20:
        error = waiting.pop(0)
        if not isinstance(error, BaseException):
            continue
        seen += 1
        yield error
        waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
