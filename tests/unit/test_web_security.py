"""The page is safe as it stands on a laptop: one test a rule, against the real server."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from makers import document
from web_site import ANALYSIS, Answered, Site

from rasid.app.web import security
from rasid.app.web.security import HEADERS, check_binding
from rasid.domain.errors import InputError
from rasid.settings import Settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a page with three articles and the settings a laptop has."""
    with Site(tmp_path_factory.mktemp("site"), web_allowed_hosts=("news.example", "Desk.Example")) as made:
        made.write(*(document(ANALYSIS, n, language=one, minutes=n) for n, one in enumerate(("ar", "en", "ru"), 1)))
        yield made


def form_of(site: Site) -> tuple[str, str]:
    """Load a page as a browser does; give its cookie and the token in its form."""
    page = site.ask("/")
    cookie = page.headers["set-cookie"].split(";")[0]
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found
    return cookie, found[1]


def send(site: Site, *, token: str, cookie: str, **headers: str) -> Answered:
    """Send the form of the colours."""
    return site.ask(
        "/preferences",
        "POST",
        form={"token": token, "theme": "dark"},
        headers={"cookie": cookie, **{name.replace("_", "-"): value for name, value in headers.items()}},
    )


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "localhost.:{port}", "[::1]", "[::1]:{port}",
     "news.example", "desk.example:443", "127.0.0.1.:{port}"],
)  # fmt: skip
def test_own_names_are_answered(site: Site, host: str) -> None:
    """The names of loopback and the configured ones are answered, with any port, root dot or case."""
    assert site.ask(host=host.format(port=site.port)).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "evil@localhost",
     "localhost:{port}.evil.example", "127.0.0.2", "[::2]", "[::ffff:127.0.0.1]", "0.0.0.0:{port}", "0", "::1", ":{port}",
     "news.example.evil.example", "xn--localhost", "localhost..", "127.1", "2130706433"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/api/search", "/static/rasid.css", "/events", "/healthz"])
def test_a_foreign_name_gets_nothing(site: Site, host: str, path: str) -> None:
    """A foreign Host that resolves to this machine (DNS rebinding) is refused on every path."""
    answer = site.ask(path, host=host.format(port=site.port))
    assert answer.status == 421
    assert "Syria" not in answer.text


def test_a_request_without_a_name_gets_nothing(site: Site) -> None:
    """HTTP/1.0 without a Host header is refused too."""
    assert site.ask(host=None).status == 421


def test_a_bound_ipv6_address_is_an_own_name() -> None:
    """An address to bind is allowed as a Host header writes it, whatever way it was written."""
    names = security.allowed_names(Settings(web_host="FD00:0::1", web_password="x"))
    assert "[fd00::1]" in names
    assert security.allowed_names(Settings(web_host="::", web_password="x")) == {"localhost", "127.0.0.1", "[::1]"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
        {"sec_fetch_site": "cross-site", "origin": "http://{host}"},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "http://{host}.evil.example"},
        {"origin": "http://["},
        {"origin": "{host}"},
    ],
)
def test_another_site_changes_nothing(site: Site, headers: dict[str, str]) -> None:
    """An unsafe method needs a browser's word that our own page sent it, even with the right token."""
    cookie, token = form_of(site)
    answer = send(site, token=token, cookie=cookie, **{k: v.format(host=site.host) for k, v in headers.items()})
    assert answer.status == 403
    assert "rasid_theme" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("headers", [{"sec_fetch_site": "same-origin"}, {"origin": "http://{host}"}])
def test_the_own_form_is_taken(site: Site, headers: dict[str, str]) -> None:
    """With Fetch Metadata, or an older browser's Origin, and the token, the form counts."""
    cookie, token = form_of(site)
    answer = send(site, token=token, cookie=cookie, **{k: v.format(host=site.host) for k, v in headers.items()})
    assert answer.status == 303
    assert "rasid_theme=dark" in answer.headers["set-cookie"]


@pytest.mark.parametrize("wrong", ["", "x", "{other}", "{cookie}"])
def test_a_form_without_its_token_is_refused(site: Site, wrong: str) -> None:
    """A missing token, a wrong one, another browser's, and the cookie itself are refused."""
    cookie, _ = form_of(site)
    _, other = form_of(site)
    token = wrong.format(other=other, cookie=cookie.partition("=")[2])
    answer = send(site, token=token, cookie=cookie, sec_fetch_site="same-origin")
    assert answer.status == 403
    assert "stale" in answer.text


def test_a_cookie_that_another_program_set_gives_no_token(site: Site) -> None:
    """Whoever plants a cookie of a known value still cannot make the token that goes with it."""
    answer = send(site, token="planted", cookie="rasid_token=planted", sec_fetch_site="same-origin")
    assert answer.status == 403
    assert send(site, token="", cookie="", sec_fetch_site="same-origin").status == 403


def test_the_session_cookie_is_out_of_reach(site: Site) -> None:
    """Scripts do not see the cookie, other sites do not send it."""
    cookie = site.ask().headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_form_leads_back_to_our_own_pages_only(site: Site) -> None:
    """After the form a browser goes to a path of ours, never to an address that somebody put into the field."""
    cookie, token = form_of(site)
    headers = {"cookie": cookie, "sec-fetch-site": "same-origin"}
    went = {
        back: site.ask("/preferences", "POST", form={"token": token, "back": back}, headers=headers).headers["location"]
        for back in ("/feeds?state=well", "//evil.example", "https://evil.example", "/\\evil.example", "/\r\nx: y", "")
    }
    assert went.pop("/feeds?state=well") == "/feeds?state=well"
    assert set(went.values()) == {"/"}


@pytest.mark.parametrize("path", ["/", "/api/search?q=Syria", "/events"])
def test_another_sites_background_request_gets_nothing(site: Site, path: str) -> None:
    """An image, script or fetch of another site's page is refused; a link that a person follows is not."""
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert site.ask(path, headers=foreign).status == 403
    assert site.ask("/", headers={**foreign, "sec-fetch-mode": "navigate"}).status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "fd00::1", "news.example", "", "0", "*"])
def test_an_open_address_is_refused(host: str) -> None:
    """Beyond loopback the page does not start bare, and the error names every remedy."""
    with pytest.raises(InputError, match=r"(?s)web_password.*web_trusted_user_header.*127\.0\.0\.1"):
        check_binding(Settings(web_host=host))


@pytest.mark.parametrize(
    "settings",
    [
        Settings(web_host="0.0.0.0", web_password="سر-секрет"),
        Settings(web_host="::", web_trusted_user_header="X-Remote-User"),
        Settings(web_host="127.0.0.1"),
        Settings(web_host="127.8.9.1"),
        Settings(web_host="::1"),
        Settings(web_host="[::1]"),
        Settings(web_host="localhost"),
    ],
)
def test_each_remedy_lets_it_start(settings: Settings) -> None:
    """A password, a proxy that names the user, or loopback: each is enough."""
    check_binding(settings)


def test_the_server_itself_checks_the_binding(tmp_path: Path) -> None:
    """The rule holds where the page is started, not only where settings are read."""
    site = Site(tmp_path, web_host="0.0.0.0")
    with site.index, site.feed_store, pytest.raises(InputError, match="reachable"):
        site.run_here()


def basic(words: str, kind: str = "Basic") -> dict[str, str]:
    """Make an Authorization header."""
    return {"authorization": f"{kind} {base64.b64encode(words.encode()).decode()}"}


def test_a_password_guards_every_path(tmp_path: Path) -> None:
    """With a password set, nothing is given without it, and all with it, under any user name."""
    with Site(tmp_path, web_password="سر:секрет:secret") as site:
        wrong = [
            {}, basic("me:wrong"), basic("me:"), basic("سر:секрет:secret"), basic("me:سر:секрет:secret", "Bearer"),
            {"authorization": "Basic !!!"}, {"authorization": "Basic"}, {"authorization": "Basic /w=="},
        ]  # fmt: skip
        for path in ("/", "/api/search", "/static/rasid.css", "/events", "/nowhere"):
            answers = [site.ask(path, headers=headers) for headers in wrong]
            assert {answer.status for answer in answers} == {401}
            assert all(answer.headers["www-authenticate"].startswith("Basic ") for answer in answers)
        assert site.ask(headers=basic("me:سر:секрет:secret")).status == 200
        assert site.ask(headers=basic(":سر:секрет:secret", "basic")).status == 200


def test_the_password_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """How far a guess is right does not show in the time: the whole is compared by hmac.compare_digest."""
    compared: list[tuple[bytes, bytes]] = []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    monkeypatch.setattr("rasid.app.web.security.hmac", type("Watched", (), {"compare_digest": staticmethod(watched)}))
    assert not security.has_password(basic("me:secreT")["authorization"], "secret")
    assert compared == [(b"secreT", b"secret")]


def test_behind_a_proxy_every_request_names_its_user(tmp_path: Path) -> None:
    """With a trusted header configured, a request without it, or with an empty one, is refused."""
    with Site(tmp_path, web_trusted_user_header="X-Remote-User") as site:
        assert site.ask().status == 401
        assert site.ask(headers={"x-remote-user": " "}).status == 401
        assert site.ask("/static/rasid.css").status == 401
        assert site.ask(headers={"X-Remote-User": "лена"}).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/?q=Syria", 200), ("/?q=%22", 400), ("/?cursor=x", 400), ("/feeds", 200), ("/help", 200),
     ("/nowhere", 404), ("/articles/none", 404), ("/articles/202611-" + f"{1:032x}", 200), ("/static/rasid.css", 200),
     ("/static/rasid.js", 200), ("/static/htmx.min.js", 200), ("/static/none.js", 404), ("/static/../security.py", 404),
     ("/static/%2e%2e/security.py", 404), ("/api/search", 200), ("/api/search?limit=0", 422), ("/api/openapi.json", 200),
     ("/api/articles/none", 404), ("/healthz", 200), ("/preferences", 405)],
)  # fmt: skip
def test_every_answer_carries_the_headers(site: Site, path: str, status: int) -> None:
    """The policy is on pages, files, JSON and errors; nothing in it allows inline code or other hosts."""
    answer = site.ask(path)
    assert answer.status == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_refusals_and_failures_carry_the_headers(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a refusal, and on a bug in the page itself, which says nothing of the inside."""
    assert site.ask(host="evil.example").headers["content-security-policy"] == HEADERS["content-security-policy"]
    monkeypatch.setattr(site.index, "search", lambda *_, **__: 1 / 0)
    for path in ("/", "/api/search"):
        answer = site.ask(path)
        assert answer.status == 500
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "division" not in answer.text


def test_the_policy_allows_nothing_inline() -> None:
    """No unsafe source, no wildcard; framing, plug-ins and a foreign base are out."""
    rules = dict(rule.strip().split(" ", 1) for rule in HEADERS["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"
    assert not re.search(r"unsafe|\*|https?:|data:", HEADERS["content-security-policy"])
