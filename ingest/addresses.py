"""Which network addresses may be fetched: public ones, and those a person has listed. Pure.

Names mean nothing here: what counts is the address that would be connected to, asked after DNS resolution and again
for every redirect. IPv4 is a list of refused blocks, IPv6 the one block that is handed out to hosts less its special
parts (IANA's special-purpose address registries, RFC 6890 and later). An IPv6 address that only wraps an IPv4 one is
judged by what it wraps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from rasid.domain.errors import InputError

_REFUSED_V4 = tuple(
    (IPv4Network(block), kind)
    for block, kind in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a provider's customers"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure's, the one such address inside public space
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    (IPv6Network(block), kind)
    for block, kind in (
        ("2001::/32", "a Teredo tunnel"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "for documentation"),
        ("2002::/16", "a 6to4 tunnel"),
        ("3fff::/20", "for documentation"),
    )
)
_LOCAL_V6 = tuple(
    (IPv6Network(block), kind)
    for block, kind in (
        ("::/128", "this network"),
        ("::1/128", "this machine"),
        ("64:ff9b:1::/48", "a local NAT64"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
# Prefixes whose last 32 bits are the IPv4 address that is really reached: mapped (RFC 4291 2.5.5.2) and the well-known
# NAT64 prefix (RFC 6052). An operator's own NAT64 prefix cannot be told from other addresses.
_WRAPS_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: the middle of an interface identifier that ends in an IPv4 address

# What resolvers and sockets take for an IPv4 address though it is not four decimal numbers (WHATWG URL, "ends in a
# number"): 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMERIC_HOST = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.IGNORECASE)


class RefusedAddressError(Exception):
    """An address that must not be connected to; the text says which and why."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The non-public hosts that may be fetched all the same: names, name and port, networks."""

    names: frozenset[str] = frozenset()
    services: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def name(self, host: str, port: int) -> bool:
        """Say whether `host` (normalised) is listed by name, at any port or at this one."""
        return host in self.names or (host, port) in self.services

    def address(self, address: IPv4Address | IPv6Address) -> bool:
        """Say whether `address` lies in a listed network."""
        return any(address in network for network in self.networks if network.version == address.version)


def parse_allowed(hosts: Iterable[str]) -> AllowedHosts:
    """Read a list of `name`, `name:port`, `[v6]:port`, address or CIDR block; raises InputError naming a wrong one."""
    names: set[str] = set()
    services: set[tuple[str, int]] = set()
    networks: list[IPv4Network | IPv6Network] = []
    for host in hosts:
        try:
            networks.append(ip_network(host.strip("[]")))
            continue
        except ValueError:
            if "/" in host:
                raise InputError(
                    f"fetch_allowed_hosts: {host!r} is not a network like 10.1.0.0/16, host bits 0"
                ) from None
        name, colon, port = host.rpartition(":")
        if not colon:
            names.add(normal_host(host))
        elif port.isascii() and port.isdigit() and name:
            services.add((normal_host(name), int(port)))
        else:
            raise InputError(f"fetch_allowed_hosts: {host!r} is not a host, host:port or network")
    return AllowedHosts(frozenset(names), frozenset(services), tuple(networks))


def normal_host(host: str) -> str:
    """Write a host in the one way it is compared: lower case, no brackets, no trailing dot."""
    return host.strip("[]").rstrip(".").lower()


@lru_cache(maxsize=4096)  # a poller meets the same few addresses over and over
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Give the address that `text` is (a zone after % is dropped), None for a name."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def check_host(host: str, port: int, allowed: AllowedHosts) -> None:
    """Raise RefusedAddressError for a URL's host that needs no resolving to be refused: a literal, a numeric form."""
    host = normal_host(host)
    if allowed.name(host, port):
        return
    address = parse_address(host)
    if address is not None:
        check_address(address, allowed)
    elif _NUMERIC_HOST.fullmatch(host):
        raise RefusedAddressError(f"{host} is a number in place of a host name; write the address as four numbers")
    elif host == "localhost" or host.endswith(".localhost"):
        raise RefusedAddressError(refusal(host, "this machine"))


def check_resolved(host: str, port: int, addresses: Iterable[str], allowed: AllowedHosts) -> None:
    """Raise RefusedAddressError if any of the addresses that `host` resolved to is not public nor allowed.

    One bad address refuses the name: a server that mixes public and private answers is rebinding or broken.
    """
    if allowed.name(normal_host(host), port):
        return
    for text in addresses:
        address = parse_address(text)
        if address is None:
            raise RefusedAddressError(f"{host} resolves to {text!r}, which is no address")
        kind = not_public(address)
        if kind is not None and not allowed.address(address):
            raise RefusedAddressError(f"{host} resolves to {refusal(str(address), kind)}")


def check_address(address: IPv4Address | IPv6Address, allowed: AllowedHosts) -> None:
    """Raise RefusedAddressError for an address that is neither public nor in a listed network."""
    kind = not_public(address)
    if kind is not None and not allowed.address(address):
        raise RefusedAddressError(refusal(str(address), kind))


def refusal(what: str, kind: str) -> str:
    """Say why `what` is refused and what a person who meant it can do."""
    return f"{what} is not a public address ({kind}); list the host under fetch_allowed_hosts if it is meant"


@lru_cache(maxsize=4096)
def not_public(address: IPv4Address | IPv6Address) -> str | None:
    """Give the kind of a non-public address in words, None for a public one."""
    if isinstance(address, IPv4Address):
        return next((kind for block, kind in _REFUSED_V4 if address in block), None)
    return _not_public_v6(address)


def _not_public_v6(address: IPv6Address) -> str | None:
    inner = _wrapped_v4(address)
    if inner is not None:
        kind = not_public(inner)
        return None if kind is None else f"wraps {inner}: {kind}"
    if address in _GLOBAL_V6:
        return next((kind for block, kind in _REFUSED_V6 if address in block), None)
    return next((kind for block, kind in _LOCAL_V6 if address in block), "outside the public IPv6 space")


def _wrapped_v4(address: IPv6Address) -> IPv4Address | None:
    number = int(address)
    wraps = any(address in prefix for prefix in _WRAPS_V4) or (number >> 32) & 0xFFFFFFFF in _ISATAP
    return IPv4Address(number & 0xFFFFFFFF) if wraps else None
