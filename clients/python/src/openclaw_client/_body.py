"""The bytes of an answer, decompressed where something on the way has compressed them unasked."""

import zlib
from typing import Any, Optional, cast

_GZIP_OR_ZLIB = 47


class Body:
    """Reads from an answer. Raises `zlib.error` for what only claims to be compressed, and `EOFError` where it ends too early."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        coding = (raw.headers.get("Content-Encoding") or "").strip().lower()
        is_compressed = coding in ("gzip", "x-gzip", "deflate")
        self._inflater: Any = zlib.decompressobj(_GZIP_OR_ZLIB) if is_compressed else None

    def read(self, bytes_max: Optional[int] = None) -> bytes:
        """Returns all of it, or what its first `bytes_max` bytes hold, but no more than that many."""
        content = cast(bytes, self._raw.read() if bytes_max is None else self._raw.read(bytes_max))
        if self._inflater is None or not content:
            return content
        text = cast(bytes, self._inflater.decompress(content, bytes_max or 0))
        if bytes_max is None and not self._inflater.eof:
            raise EOFError
        return text

    def read1(self) -> bytes:
        """Returns the next piece as soon as there is one; nothing at the end."""
        while True:
            chunk = cast(bytes, self._raw.read1(65536))
            if self._inflater is None or not chunk:
                return chunk
            text = cast(bytes, self._inflater.decompress(chunk))
            if text:
                return text
