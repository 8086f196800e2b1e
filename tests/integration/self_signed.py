"""A self-signed certificate made on the spot: no key lies in the repository, and no tool is needed.

ECDSA over P-256 (FIPS 186-4, SEC 1 and 2) in the shortest form that OpenSSL accepts (RFC 5280, RFC 5915). For tests only:
the arithmetic is slow and takes no care of side channels.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int] | None

_EC_KEY = bytes.fromhex("06072a8648ce3d0201")
_CURVE = bytes.fromhex("06082a8648ce3d030107")
_ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
_COMMON_NAME = bytes.fromhex("0603550403")
_SUBJECT_ALT_NAME = bytes.fromhex("0603551d11")


def server_context(directory: Path, address: bytes = bytes((127, 0, 0, 1))) -> ssl.SSLContext:
    """Give a TLS context for a server at `address` that nobody has a reason to trust."""
    private = secrets.randbelow(_N - 1) + 1
    (directory / "key.pem").write_text(_pem("EC PRIVATE KEY", _key(private)))
    (directory / "certificate.pem").write_text(_pem("CERTIFICATE", _certificate(private, address)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "certificate.pem", directory / "key.pem")
    return context


def _certificate(private: int, address: bytes) -> bytes:
    now = datetime.now(UTC)
    name = _tlv(0x30, _tlv(0x31, _tlv(0x30, _COMMON_NAME, _tlv(0x0C, b"self-signed.example"))))
    names = _tlv(0x30, _SUBJECT_ALT_NAME, _tlv(0x04, _tlv(0x30, _tlv(0x87, address))))
    body = _tlv(
        0x30,
        _tlv(0xA0, _integer(2)),
        _integer(secrets.randbits(64)),
        _tlv(0x30, _ECDSA_SHA256),
        name,
        _tlv(
            0x30,
            *(_tlv(0x17, f"{at:%y%m%d%H%M%SZ}".encode()) for at in (now - timedelta(days=1), now + timedelta(days=1))),
        ),
        name,
        _tlv(
            0x30,
            _tlv(0x30, _EC_KEY, _CURVE),
            _tlv(0x03, b"\0\4", *(_octets(part) for part in _times(private, _G) or ())),
        ),
        _tlv(0xA3, _tlv(0x30, names)),
    )
    return _tlv(0x30, body, _tlv(0x30, _ECDSA_SHA256), _tlv(0x03, b"\0", _signature(private, body)))


def _signature(private: int, body: bytes) -> bytes:
    nonce = secrets.randbelow(_N - 1) + 1
    point = _times(nonce, _G)
    assert point is not None
    digest = int.from_bytes(hashlib.sha256(body).digest(), "big")
    return _tlv(0x30, _integer(point[0] % _N), _integer(pow(nonce, -1, _N) * (digest + point[0] * private) % _N))


def _key(private: int) -> bytes:
    return _tlv(0x30, _integer(1), _tlv(0x04, _octets(private)), _tlv(0xA0, _CURVE))


def _times(factor: int, point: _Point) -> _Point:
    total: _Point = None
    while factor:
        if factor & 1:
            total = _plus(total, point)
        point = _plus(point, point)
        factor >>= 1
    return total


def _plus(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x3 = (slope * slope - x1 - x2) % _P
    return x3, (slope * (x1 - x3) - y1) % _P


def _octets(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _integer(number: int) -> bytes:
    return _tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    if len(value) < 128:
        return bytes((tag, len(value))) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + value


def _pem(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"
