from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from ingest.web_urls import BadURLError, follow, parse_url, readable, without_credentials


@pytest.mark.parametrize(
    ("base", "location", "target"),
    [
        ("http://a.example/x/y", "z", "http://a.example/x/z"),
        ("http://a.example/x/y?q=1", "?p=2", "http://a.example/x/y?p=2"),
        ("http://a.example/x", "//b.example/", "http://b.example/"),
        ("https://a.example/", "http://a.example/", "http://a.example/"),
        ("http://a.example/", "/новости?с=1", "http://a.example/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?%D1%81=1"),
        ("http://a.example/", " /أخبار ", "http://a.example/%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1"),
        ("http://a.example/", "/a%20b%2Fc", "http://a.example/a%20b%2Fc"),
        ("http://a.example/", "/x#part", "http://a.example/x"),
        ("http://u:p@a.example/", "/x", "http://u:p@a.example/x"),
        ("http://u:p@a.example/", "https://a.example/x", "https://u:p@a.example/x"),
        ("http://u@a.example/", "/x", "http://u@a.example/x"),
        ("https://u:p@a.example/", "http://a.example/x", "http://a.example/x"),
        ("http://u:p@a.example/", "http://a.example:8080/x", "http://a.example:8080/x"),
        ("http://u:p@a.example/", "http://b.example/x", "http://b.example/x"),
        ("http://u:p@a.example/", "http://v:q@b.example/x", "http://b.example/x"),
        ("http://a.example/", "http://v:q@a.example/x", "http://a.example/x"),
    ],
)
def test_a_redirect_leads_where_it_says_and_takes_credentials_nowhere_else(base: str, location: str, target: str):
    """Relative, schemeless and unescaped targets are read; user and password stay with their host."""
    assert str(follow(URL(base), location)) == target


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://a.example/", "javascript:alert(1)", "mailto:a@b.example"]
)
def test_other_protocols_are_named(location: str):
    """A person reads which protocol a redirect asked for."""
    with pytest.raises(BadURLError, match=f"redirects to a {location.partition(':')[0]}: address"):
        follow(URL("http://a.example/"), location)


@given(st.text(max_size=80))
def test_any_location_leads_to_the_web_or_nowhere(location: str):
    """Whatever a server writes, the outcome is an http address or our own error."""
    try:
        target = follow(URL("http://u:p@a.example/x"), location)
    except BadURLError:
        return
    assert target.scheme in {"http", "https"}
    assert target.raw_user is None or target.raw_host == "a.example"


@given(st.text(max_size=80))
def test_any_address_is_read_or_refused(text: str):
    """Whatever stands in a feed list, the outcome is an http address or our own error, and it can be shown."""
    try:
        assert parse_url(text).raw_host
    except BadURLError as error:
        assert len(f"{readable(text)}{error}") < 400  # noqa: PT017 -- both outcomes are right


@pytest.mark.parametrize(
    "text",
    [
        "http://u:s3cret@a.example/",
        "http://u:s3cret@[::1/",
        "ftp://u:s3cret@a.example/",
        "u:s3cret@a.example",
        "http://s3cret@a.example/",
    ],
)
def test_no_password_is_shown(text: str):
    """Readable or not, an address is shown without what stands before the @."""
    assert "s3cret" not in readable(text)


def test_an_address_without_credentials_stays_as_it_is():
    """Nothing else is taken away."""
    assert without_credentials(URL("http://a.example:81/x?q=@#f")) == "http://a.example:81/x?q=@#f"
