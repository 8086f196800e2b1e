"""Undo HTTP content codings in a stream that never holds more than it may give.

After RFC 9110 8.4 and RFC 1950–1952, 7932, 8878. A bomb of 1000:1 is refused at the limit because every call of a
decompressor is told how much it may put out.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_STARTS = (b"\x28\xb5", *(bytes((low, 0x2A)) for low in range(0x50, 0x60)))  # a frame, a skippable frame
_ZSTD_WINDOW_LOG = 23  # 8 MiB: the most that a sender may ask of us (RFC 9659)
_STEP = 256 * 1024  # put out about this much per call at most, so that the limit is noticed soon
_MAX_MEMBERS = 1000  # of one answer: empty ones cost time and bring nothing
_DEFLATE_METHOD = 8
_NO_CODINGS = frozenset({"", "identity", "none", "utf-8"})  # the last two are seen in the wild
_ERRORS = (zlib.error, brotli.error, zstd.ZstdError)


class DecodingError(Exception):
    """The body is not what its Content-Encoding says; the text goes on from "the answer …"."""


class TooLargeError(Exception):
    """More than `limit` bytes, on the wire or inflated."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"is larger than the {limit} bytes allowed")
        self.limit = limit


class Member(Protocol):
    """One compressed stream, as bz2 and zstd spell it: b"" is fed while it does not need input."""

    @property
    def eof(self) -> bool:
        """Say whether the end of the stream was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Say whether all that the input holds was put out."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Give what was fed beyond the end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Take input and give about `max_length` bytes at most."""
        ...


class _ZlibMember:
    """A zlib, gzip or raw deflate stream."""

    def __init__(self, window_bits: int) -> None:
        self._stream = zlib.decompressobj(window_bits)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        # A full output may leave more inside zlib though all input is taken.
        return not self._full and not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self._full = len(piece) >= max_length
        return piece


class _BrotliMember:
    """A brotli stream; what follows its end is an error of brotli's own."""

    unused_data = b""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._stream.is_finished())

    @property
    def needs_input(self) -> bool:
        return bool(self._stream.can_accept_more_data())

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return bytes(self._stream.process(data, output_buffer_limit=max_length))


def _gzip(_start: bytes) -> Member:
    return _ZlibMember(16 + zlib.MAX_WBITS)


def _deflate(start: bytes) -> Member:
    """Open zlib format, as the standard has it, or the raw deflate that some servers send under its name."""
    wrapped = start[0] & 0x0F == _DEFLATE_METHOD and int.from_bytes(start[:2], "big") % 31 == 0
    return _ZlibMember(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _brotli(_start: bytes) -> Member:
    return _BrotliMember()


def _zstd(_start: bytes) -> Member:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})


class _Coding(NamedTuple):
    """How a stream is opened from its first `sniff` bytes, and what another member begins with if there may be one."""

    open: Callable[[bytes], Member]
    again: tuple[bytes, ...] = ()
    sniff: int = 2


_CODINGS = {
    "gzip": _Coding(_gzip, (_GZIP_MAGIC,)),
    "x-gzip": _Coding(_gzip, (_GZIP_MAGIC,)),
    "deflate": _Coding(_deflate),
    "br": _Coding(_brotli, sniff=1),  # brotli writes nothing at all in one byte
    "zstd": _Coding(_zstd, _ZSTD_STARTS),
}


class Decoder:
    """Undoes one coding: members one after another, and padding after the last, which gzip(1) passes over too."""

    def __init__(self, coding: str) -> None:
        self._name = coding
        self._coding = _CODINGS[coding]
        self._member: Member | None = None
        self._pending = b""
        self._members = 0

    @property
    def hungry(self) -> bool:
        """False while there is more to give without new input."""
        return len(self._pending) < self._coding.sniff if self._member is None else self._member.needs_input

    @property
    def complete(self) -> bool:
        """True where the stream may end."""
        return self._members > 0 and self._member is None

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes (b"" while not hungry), give about 256 KiB at most; raises DecodingError."""
        if self._member is None:
            data = self._pending + data
            self._pending = b""
            if len(data) < self._coding.sniff:
                self._pending = data
                return b""
            if self._members and not data.startswith(self._coding.again):
                return b""
            if self._members == _MAX_MEMBERS:
                raise DecodingError(f"consists of more than {_MAX_MEMBERS} compressed streams")
            self._member = self._coding.open(data)
        try:
            piece = self._member.decompress(data, _STEP)
        except _ERRORS as error:
            raise DecodingError(f"is not {self._name}-encoded though it says so") from error
        if self._member.eof:
            self._members += 1
            self._pending = self._member.unused_data
            self._member = None
        return piece


class Body:
    """Collects the inflated bytes of one answer: at most `limit` on the wire, and at most `limit` inflated."""

    def __init__(self, content_encoding: str | None, limit: int) -> None:
        self._decoder = decoder_for(content_encoding)
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []
        self.received = 0

    def feed(self, data: bytes) -> None:
        """Take bytes from the wire; raises TooLargeError or DecodingError."""
        self.received += len(data)
        if self.received > self._limit:
            raise TooLargeError(self._limit)
        if self._decoder is None:
            self._pieces.append(data)
            return
        self._keep(self._decoder.feed(data))
        while not self._decoder.hungry:
            self._keep(self._decoder.feed(b""))

    def finish(self) -> bytes:
        """Give the whole body; raises DecodingError if it is cut short."""
        if self._decoder is not None and self.received and not self._decoder.complete:
            raise DecodingError("is cut short in the middle of its compressed stream")
        body = b"".join(self._pieces)
        # A compressed file (sitemap.xml.gz) comes without Content-Encoding; nothing else that we read begins like this.
        return inflate(body, "gzip", self._limit) if body.startswith(_GZIP_MAGIC) else body

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            self._pieces.clear()
            raise TooLargeError(self._limit)
        self._pieces.append(piece)


def inflate(data: bytes, coding: str, limit: int) -> bytes:
    """Undo one coding of bytes at hand, up to `limit` bytes; raises TooLargeError or DecodingError."""
    decoder = Decoder(coding)
    pieces = [decoder.feed(data)]
    size = len(pieces[0])
    while not decoder.hungry and size <= limit:
        pieces.append(decoder.feed(b""))
        size += len(pieces[-1])
    if size > limit:
        raise TooLargeError(limit)
    if not decoder.complete:
        raise DecodingError("is cut short in the middle of its compressed stream")
    return b"".join(pieces)


def decoder_for(content_encoding: str | None) -> Decoder | None:
    """Give the decoder for a Content-Encoding header, None where nothing is to be undone; raises DecodingError."""
    if not content_encoding:
        return None
    codings = [coding.strip() for coding in content_encoding.lower().split(",")]
    codings = [coding for coding in codings if coding not in _NO_CODINGS]
    if not codings:
        return None
    if len(codings) > 1:
        raise DecodingError(f"is encoded {len(codings)} times over, which no feed needs")
    if codings[0] not in _CODINGS:
        raise DecodingError(f"has the unknown Content-Encoding {codings[0][:40]!r}")
    return Decoder(codings[0])
