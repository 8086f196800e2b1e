"""The child process of `ingest.parse_pool`: reads requests on standard input, answers on standard output.

A frame is four bytes of length (big endian) and as many of content. It limits itself before it reads anything foreign:
its memory by RLIMIT_AS, and one document's time by SIGALRM, which ends it even inside C code and even if its parent is
gone. An answer is one byte of outcome and the content.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import struct
import sys
from typing import BinaryIO, Final

import msgspec

from ingest.parsing.document import parse_document
from rasid.domain.errors import ParseError

LENGTH: Final = struct.Struct(">I")
READY: Final = b"R"
DONE: Final = b"D"
REFUSED: Final = b"E"
NO_MEMORY: Final = b"M"
_GRACE: Final = 2  # seconds that the parent has to end us first


class Request(msgspec.Struct, array_like=True, frozen=True):
    """One document to read; the fields are parse_document's."""

    body: bytes
    feed: str
    url: str | None
    content_type: str | None


def read_frame(stream: BinaryIO) -> bytes | None:
    """Give the next frame's content, None at the end."""
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def answer(request: bytes) -> tuple[bytes, bytes]:
    """Read one document; give the outcome and its content."""
    try:
        wanted = msgspec.msgpack.decode(request, type=Request)
        parsed = parse_document(wanted.body, feed=wanted.feed, url=wanted.url, content_type=wanted.content_type)
        return DONE, msgspec.msgpack.encode(parsed)
    except MemoryError:
        return NO_MEMORY, b""
    except ParseError as error:
        return REFUSED, str(error).encode("utf-8", "replace")
    except Exception as error:  # noqa: BLE001 (whatever a document provokes costs that document only)
        return REFUSED, f"the document cannot be read: {type(error).__name__}: {error}".encode("utf-8", "replace")


def serve(requests: BinaryIO, answers: BinaryIO, seconds: float) -> None:
    """Answer until the parent closes its end, or until memory ran out once."""
    answers.write(READY)
    answers.flush()
    while (request := read_frame(requests)) is not None:
        signal.alarm(math.ceil(seconds) + _GRACE)
        outcome, content = answer(request)
        del request
        answers.write(LENGTH.pack(len(content) + 1) + outcome)
        answers.write(content)
        answers.flush()
        signal.alarm(0)
        if outcome == NO_MEMORY:
            return


def main(seconds: float, memory_mb: int) -> None:
    """Limit this process and serve. Whatever a library prints goes nowhere: standard output carries frames."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, answers, seconds)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
