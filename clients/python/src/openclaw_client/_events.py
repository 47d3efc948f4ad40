"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as bytes arrive."""

import codecs
from typing import Iterator, List


class EventDecoder:
    """Turns bytes, split anywhere, into the data of events. Work is linear in the bytes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line: List[str] = []
        self._data: List[str] = []
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        text = self._decoder.decode(chunk)
        if self._after_cr and text:
            self._after_cr = False
            if text[0] == "\n":
                text = text[1:]
        if text.endswith("\r"):
            self._after_cr = True
        # Not splitlines(): that would split at U+2028 and the like, which are part of a line here.
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for piece in lines[:-1]:
            self._line.append(piece)
            line = "".join(self._line)
            self._line.clear()
            if line == "":
                if self._data:
                    yield "\n".join(self._data)
                    self._data.clear()
            else:
                self._take(line)
        if lines[-1]:
            self._line.append(lines[-1])

    def _take(self, line: str) -> None:
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value[1:] if value.startswith(" ") else value)
