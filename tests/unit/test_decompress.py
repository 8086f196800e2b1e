from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.decompress import Body, DecodingError, TooLargeError, inflate

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACK = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}
CODINGS = st.sampled_from(sorted(PACK))
TEXTS = st.one_of(st.binary(max_size=5000), st.text(alphabet="خبرновsть ", max_size=5000).map(str.encode)).filter(
    lambda data: not data.startswith(b"\x1f\x8b")  # a file in a coding is unpacked once more, by design
)


def fed(coding: str | None, data: bytes, sizes: list[int], limit: int = 10**7):
    body = Body(coding, limit)
    at = 0
    for size in sizes:
        body.feed(data[at : at + size])
        at += size
    if data[at:]:
        body.feed(data[at:])
    return body.finish()


@given(CODINGS, TEXTS, st.lists(st.integers(0, 50), max_size=20))
def test_what_was_packed_comes_back_however_it_arrives(coding: str, data: bytes, sizes: list[int]):
    """Any split of the stream into pieces gives the same bytes."""
    assert fed(coding, PACK[coding](data), sizes) == data


@given(
    st.sampled_from(["gzip", "zstd"]),
    st.lists(TEXTS.filter(bool), min_size=1, max_size=4),
    st.lists(st.integers(0, 50), max_size=9),
)
def test_members_follow_one_another(coding: str, parts: list[bytes], sizes: list[int]):
    """Gzip members and zstd frames in a row are one body."""
    packed = b"".join(PACK[coding](part) for part in parts)
    assert fed(coding, packed, sizes) == b"".join(parts)


@given(CODINGS, st.integers(2, 3000), st.integers(-2, 2))
def test_the_limit_holds_to_the_byte(coding: str, limit: int, beyond: int):
    """As many bytes as allowed pass, one more is refused."""
    packed = PACK[coding](bytes(limit + beyond))
    if len(packed) > limit:
        return
    if beyond > 0:
        with pytest.raises(TooLargeError, match=f"{limit} bytes allowed"):
            fed(coding, packed, [], limit)
    else:
        assert len(fed(coding, packed, [], limit)) == limit + beyond


@given(CODINGS, st.binary(min_size=1, max_size=3000))
def test_noise_is_an_error_of_ours_or_nothing(coding: str, noise: bytes):
    """Whatever bytes come, no library's own exception gets out."""
    try:
        fed(coding, noise, [1, 2, 3])
    except DecodingError as error:
        assert str(error).startswith("is ")  # noqa: PT017 -- both outcomes are right


@given(CODINGS, st.binary(min_size=40, max_size=3000), st.integers(1, 30))
def test_a_stream_cut_short_is_told(coding: str, data: bytes, missing: int):
    """An end that is missing is never taken for the end."""
    packed = PACK[coding](data)
    with pytest.raises(DecodingError, match="cut short"):
        fed(coding, packed[: max(len(packed) - missing, 3)], [])


@pytest.mark.parametrize("coding", sorted(PACK))
def test_large_bodies_pass_whole(coding: str):
    """Several output buffers' worth of text that hardly compresses, and of text that does, come through."""
    for data in (
        b"".join(zlib.crc32(b"%d" % n).to_bytes(4, "big") for n in range(500_000)),
        "خبر عاجل ".encode() * 200_000,
    ):
        assert (
            fed(coding, PACK[coding](data) if coding != "br" else brotli.compress(data, quality=2), [65536] * 40)
            == data
        )


def test_bytes_at_hand_are_inflated_under_the_same_limit():
    """The one-shot form for files refuses what the stream refuses."""
    assert inflate(gzip.compress("Новости".encode()), "gzip", 100) == "Новости".encode()
    with pytest.raises(TooLargeError):
        inflate(gzip.compress(bytes(10**7)), "gzip", 1000)
    with pytest.raises(DecodingError, match="cut short"):
        inflate(gzip.compress(b"abc")[:-3], "gzip", 100)


def test_a_zstd_window_beyond_8_mib_is_refused():
    """A sender may not make us hold a window larger than RFC 9659 allows."""
    options = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.compression_level: 1}
    packer = zstd.ZstdCompressor(options=options)
    packed = packer.compress(bytes(10)) + packer.flush()
    with pytest.raises(DecodingError):
        fed("zstd", packed, [])


@pytest.mark.parametrize("header", [None, "", "identity", "none", "UTF-8", " identity , "])
def test_no_coding_leaves_the_body_alone(header: str | None):
    """Headers that name no coding, also the odd ones seen in the wild, change nothing."""
    assert fed(header, "خبر".encode(), [1]) == "خبر".encode()
