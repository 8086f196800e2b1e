from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.robots import EVERYTHING, NOTHING, parse_robots, product_token

SITE = """\
# a site
User-agent: *
Disallow: /private/
Allow: /private/open.html
Disallow: /*.pdf$
Disallow: /search?*q=

User-agent: OtherBot
User-agent: rasid
Crawl-delay: 10
Disallow: /news/
Allow: /news/2026/
Sitemap: https://a.example/sitemap.xml

User-Agent: RASID/2.0
Disallow: /draft
"""


@pytest.mark.parametrize(
    ("product", "path", "allowed"),
    [
        ("somebot", "/", True),
        ("somebot", "/private/x", False),
        ("somebot", "/private/open.html", True),
        ("somebot", "/a/b.pdf", False),
        ("somebot", "/a/b.pdf?x=1", True),
        ("somebot", "/search?a=1&q=2", False),
        ("somebot", "/news/1", True),
        ("rasid", "/private/x", True),
        ("rasid", "/news/1", False),
        ("rasid", "/news/2026/1", True),
        ("rasid", "/draft/1", False),
        ("Rasid", "/draft", False),
        ("otherbot", "/draft", True),
        ("otherbot", "/news/1", False),
        ("ras", "/news/1", True),
    ],
)
def test_our_own_groups_hold_else_those_for_everyone(product: str, path: str, *, allowed: bool):
    """All groups that name us are joined, case aside, and then the rest of the file says nothing to us."""
    assert parse_robots(SITE.encode(), product).allows(path) == allowed


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow:", "/x", True),
        ("Disallow: /", "/x", False),
        ("Disallow: /\nAllow: /$", "/", True),
        ("Disallow: /\nAllow: /$", "/x", False),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /page\nDisallow: /page", "/page", True),
        ("Disallow: /fish", "/Fish", True),
        ("Disallow: /fish*", "/fishheads/yummy.html", False),
        ("Disallow: /*.php$", "/windows.PHP", True),
        ("Disallow: /fish*.php", "/fishheads/catfish.php?id=2", False),
        ("Disallow: *", "/x", False),
        ("Disallow: /a*b*c$", "/aXbXc", False),
        ("Disallow: /a*b*c$", "/aXbXcX", True),
        ("Disallow: /ab*ba$", "/aba", True),
        ("Disallow: /новости", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", False),
        ("Disallow: /%d8%a3%d8%ae", "/أخبار", False),
        ("Disallow: /%6Eews", "/news", False),
        ("Disallow: /a%2Fb", "/a/b", True),
        ("Disallow: /a%2Fb", "/a%2fb", False),
        ("Disallow: /file-%2A.html", "/file-*.html", False),
        ("Disallow: /file-%2A.html", "/file-x.html", True),
        ("Disallow: /file-%24", "/file-$", False),
        ("disallow : /x # all of it", "/x/y", False),
        ("Disallow /x", "/x", True),
        ("Noindex: /x", "/x", True),
    ],
)
def test_the_longest_pattern_decides(rules: str, path: str, *, allowed: bool):
    """Wildcards, ends and escapes are read as RFC 9309 has them; of equal patterns the allowing one wins."""
    assert parse_robots(f"User-agent: *\n{rules}\n".encode(), "rasid").allows(path) == allowed


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_change_nothing(ending: str):
    """Files from any system are read alike."""
    text = "\ufeffUser-agent: *\n\nDisallow: /x\n".replace("\n", ending).encode()
    assert not parse_robots(text, "rasid").allows("/x")


@given(st.binary(max_size=300))
def test_any_bytes_are_some_rules(noise: bytes):
    """Noise, an HTML page or half a file raise nothing."""
    parse_robots(b"User-agent: *\nDisallow: " + noise, "rasid").allows("/x")


def test_rules_before_any_group_say_nothing():
    """A line without a User-agent above it is nobody's."""
    assert parse_robots(b"Disallow: /\nUser-agent: a\nDisallow: /", "rasid") == EVERYTHING


def test_hostile_patterns_cost_little():
    """Thousands of wildcards are matched without going back and forth."""
    rules = parse_robots(b"User-agent: *\nDisallow: /" + b"a*" * 50_000 + b"b$\n", "rasid")
    assert rules.allows("/" + "a" * 8000)


def test_everything_and_nothing():
    """The two answers without a file."""
    assert EVERYTHING.allows("/x")
    assert not NOTHING.allows("/x")


def test_the_product_is_what_a_site_would_write():
    """The name before the version is ours."""
    assert product_token("Rasid/0.1 (+mailto:desk@example.org)") == "rasid"
