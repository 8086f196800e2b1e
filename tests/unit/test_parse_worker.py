from __future__ import annotations

import io

import msgspec

from ingest.parsing import ParsedFeed
from ingest.parsing.worker import DONE, LENGTH, READY, REFUSED, Request, answer, read_frame, serve

GOOD = '<rss version="2.0"><channel><item><title>سوريا Сирия Syria</title></item></channel></rss>'.encode()


def request(body: bytes) -> bytes:
    return msgspec.msgpack.encode(Request(body, "f", None, None))


def test_answers_follow_requests_in_order() -> None:
    """The child says it is ready, then answers each frame, and ends when its input ends."""
    frames = b"".join(LENGTH.pack(len(frame)) + frame for frame in (request(GOOD), request(b"")))
    out = io.BytesIO()
    serve(io.BytesIO(frames), out, seconds=60)
    out.seek(0)
    assert out.read(1) == READY
    first, second = read_frame(out), read_frame(out)
    assert first is not None
    assert second is not None
    assert first[:1] == DONE
    assert msgspec.msgpack.decode(first[1:], type=ParsedFeed).entries[0].title == "سوريا Сирия Syria"
    assert second[:1] == REFUSED
    assert b"empty" in second[1:]
    assert read_frame(out) is None


def test_nonsense_is_refused_not_raised() -> None:
    """A request that cannot be decoded is answered with its cause."""
    outcome, content = answer(b"\xc1")
    assert outcome == REFUSED
    assert b"cannot be read" in content
