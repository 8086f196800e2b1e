from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import (
    AllowedHosts,
    RefusedAddressError,
    check_host,
    check_resolved,
    normal_host,
    not_public,
    parse_address,
    parse_allowed,
)
from rasid.domain.errors import InputError

TABLE = Path(__file__).parents[1] / "data" / "fetch" / "addresses.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
NOBODY = AllowedHosts()


@pytest.mark.parametrize(("host", "verdict"), ROWS, ids=[row[0] for row in ROWS])
def test_each_host_of_the_table_is_judged_as_it_says(host: str, verdict: str):
    """Public addresses pass, all others are refused in whatever notation, names wait for their resolution."""
    if verdict == "refused":
        with pytest.raises(RefusedAddressError):
            check_host(host, 80, NOBODY)
    else:
        check_host(host, 80, NOBODY)
        assert (parse_address(normal_host(host)) is None) == (verdict == "name")


@pytest.mark.parametrize(
    "address",
    [host for host, verdict in ROWS if verdict == "refused" and parse_address(normal_host(host)) is not None],
)
def test_each_refused_address_is_refused_as_the_answer_of_a_name(address: str):
    """A name is no better than what it resolves to, alone or among public addresses."""
    with pytest.raises(RefusedAddressError, match=r"news\.example resolves to"):
        check_resolved("news.example", 443, ["8.8.8.8", normal_host(address)], NOBODY)


@given(st.ip_addresses(v=4))
def test_an_address_that_python_calls_private_is_never_public(address: IPv4Address):
    """The table is at least as strict as the standard library's, multicast and reserved space added."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not_public(address) is not None


@given(st.ip_addresses(v=6))
def test_the_same_holds_for_ipv6(address: IPv6Address):
    """Nothing that the standard library knows to be special is taken for public."""
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not_public(address) is not None


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:{}", "64:ff9b::{}"]))
def test_wrapping_changes_no_verdict(address: IPv4Address, wrapping: str):
    """An IPv4 address in IPv6 clothes is public exactly if it is public without them."""
    wrapped = ip_address(wrapping.format(address))
    assert (not_public(wrapped) is None) == (not_public(address) is None)


@given(st.ip_addresses(v=4))
def test_no_numeric_spelling_gets_through(address: IPv4Address):
    """Decimal, octal and hexadecimal spellings are refused, public or not."""
    number = int(address)
    for spelling in (str(number), hex(number), f"0{number:o}", f"{number >> 24}.{number & 0xFFFFFF}"):
        with pytest.raises(RefusedAddressError):
            check_host(spelling, 80, NOBODY)


def test_what_a_person_lists_is_allowed():
    """Names at any port, services at theirs, networks with all they hold; and nothing beside them."""
    allowed = parse_allowed(
        ["Intranet.Example.", "[::1]:8080", "127.0.0.1:81", "10.1.0.0/16", "fd00::/8", "192.168.0.7"]
    )
    for host, port in [
        ("intranet.example", 1),
        ("[::1]", 8080),
        ("127.0.0.1", 81),
        ("10.1.2.3", 1),
        ("fd12::1", 1),
        ("192.168.0.7", 1),
    ]:
        check_host(host, port, allowed)
    for host, port in [("::1", 81), ("127.0.0.1", 8080), ("10.2.0.0", 1), ("fc00::1", 1), ("192.168.0.8", 1)]:
        with pytest.raises(RefusedAddressError):
            check_host(host, port, allowed)
    check_resolved("other.example", 80, ["10.1.2.3"], allowed)


@pytest.mark.parametrize("entry", ["10.1.2.3/16", "news.example:http", ":80", "fd00::/129"])
def test_a_wrong_entry_is_named(entry: str):
    """A slip in the list of allowed hosts says which entry it is."""
    with pytest.raises(InputError, match=r"^fetch_allowed_hosts: .* is not a") as caught:
        parse_allowed([entry])
    assert repr(entry) in str(caught.value)


def test_an_answer_that_is_no_address_is_refused():
    """A resolver that answers with something else is not believed."""
    with pytest.raises(RefusedAddressError, match="which is no address"):
        check_resolved("news.example", 80, ["inside"], NOBODY)
