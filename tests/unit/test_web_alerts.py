"""The inbox page: what it lists, what its buttons do, and its feeds."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from alert_makers import alert
from makers import TITLES, document
from web_events import watching
from web_site import ANALYSIS, Answered, Site

from rasid.codec import decode
from rasid.domain import topics
from rasid.domain.alert import Delivery, Why
from rasid.domain.control import Control

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Give a page with an alert in each language, and their articles."""
    with Site(tmp_path) as made:
        made.write(*(document(ANALYSIS, n, language=one, minutes=n) for n, one in enumerate(TITLES, 1)))
        made.alerts.record([alert(n, language=one, minutes=n) for n, one in enumerate(TITLES, 1)])
        yield made


def press(site: Site, action: str, *, session: str = "s" * 30, token: str | None = None, **values: str) -> Answered:
    """Send a form of the page as a browser does."""
    page = site.ask("/alerts", headers={"cookie": f"rasid_token={session}"}).text
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    headers = {"cookie": f"rasid_token={session}", "sec-fetch-site": "same-origin"}
    return site.ask(
        "/alerts/act",
        "POST",
        headers=headers,
        form={"token": found[1] if token is None else token, "action": action, **values},
    )


@pytest.mark.parametrize(
    ("language", "direction", "heading"),
    [("ar", "rtl", "التنبيهات"), ("en", "ltr", "Alerts"), ("ru", "ltr", "Оповещения")],
)
def test_the_list_speaks_the_readers_language(site: Site, language: str, direction: str, heading: str) -> None:
    """The page is in the language asked for, each title in its own, with its direction."""
    for page in (
        site.ask(f"/alerts?lang={language}"),
        site.ask("/alerts", headers={"accept-language": f"{language};q=1"}),
    ):
        assert f'<div lang="{language}" dir="{direction}">' in page.text
        assert f"<h1>{heading}</h1>" in page.text
    for own, title in TITLES.items():
        assert re.search(rf'<h3 lang="{own}" dir="{"rtl" if own == "ar" else "auto"}"><a [^>]*>{title}', page.text)


def test_newest_first_and_filtered(site: Site) -> None:
    """The list is newest first; rule, level and open ones narrow it."""
    site.alerts.record([alert(9, minutes=-5, rule="idlib", level="high", language="ru")])
    site.alerts.acknowledge([alert(2).id], alert(2).created_at)
    assert listed(site.ask("/alerts")) == [3, 2, 1, 9]
    assert listed(site.ask("/alerts?rule=idlib")) == [9]
    assert listed(site.ask("/alerts?level=high")) == [9]
    assert listed(site.ask("/alerts?open=1&rule=russia-syria")) == [3, 1]
    assert listed(site.ask("/alerts?level=none")) == [3, 2, 1, 9]


def test_older_alerts_are_a_page_away(site: Site) -> None:
    """Fifty a page; following the link shows every alert once."""
    site.alerts.record([alert(n, minutes=n) for n in range(4, 124)])
    seen: list[int] = []
    address = "/alerts?rule=russia-syria"
    while address:
        page = site.ask(address)
        seen += listed(page)
        found = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = html.unescape(found[1]) if found else ""
    assert seen == list(range(123, 0, -1))


def test_an_alert_says_why_with_the_words_marked(site: Site) -> None:
    """The alert's page shows the clauses, and the words they found marked in the article, in three scripts."""
    for number, (language, marks) in enumerate(
        {"ar": ("شويغو", "الأسد"), "en": ("Shoigu", "Assad"), "ru": ("Шойгу", "Асадом")}.items(), 1
    ):
        page = site.ask(f"/alerts/{alert(number).id}?lang={language}").text
        assert "Shoigu AND Assad" in page
        for one in marks:
            assert f"<mark>{one}</mark>" in page.partition("<article")[2], page


def test_words_of_the_analysis_are_marked_as_they_stand(site: Site) -> None:
    """What a rule matched by its stem is marked as the article writes it."""
    terms = tuple(term.text for term in ANALYSIS.terms("положения"))
    site.alerts.record(
        [
            alert(
                7,
                language="ru",
                article_ids=(alert(3).article_ids),
                why=(Why(clause="положения", field="any", words=terms),),
            )
        ]
    )
    assert "<mark>положение</mark>" in site.ask(f"/alerts/{alert(7).id}").text


def test_the_reasons_words_are_those_of_the_article(site: Site) -> None:
    """Beside a clause stands what it found, inflected and with clitics as the article has it, and not the stem."""
    forms = {"أسد": "الأسد", "situations": "situation", "положения": "положение"}
    for number, (clause, form) in enumerate(forms.items(), 1):
        terms = tuple(term.text for term in ANALYSIS.terms(clause))
        reason = Why(clause=clause, field="any", words=terms)
        one = alert(number + 10, article_ids=alert(number).article_ids, why=(reason,))
        site.alerts.record([one])
        shown = site.ask(f"/alerts/{one.id}").text.partition("<article")[0]
        assert f"<mark><bdi>{form}</bdi></mark>" in shown, form


def test_an_alert_says_who_was_told(site: Site) -> None:
    """Receivers stand with their outcome and, where it failed, the cause."""
    outcome = Delivery(receiver="desk", status="dead", at=alert(1).created_at, attempts=20, cause="لا جواب <b>")
    site.alerts.delivered([(alert(1).id, outcome)])
    page = site.ask(f"/alerts/{alert(1).id}?lang=ru").text
    assert "отказ (20)" in page
    assert "لا جواب &lt;b&gt;" in page


def test_acknowledging_goes_back_to_where_it_stood(site: Site) -> None:
    """The button marks the alert as seen to, and the browser comes back to it."""
    back = f"/alerts?lang=ar#alert-{alert(1).id}"
    answer = press(site, "ack", alert=alert(1).id, back=back)
    assert (answer.status, answer.headers["location"]) == (303, back)
    found = site.alerts.get(alert(1).id)
    assert found
    assert found.acknowledged_at is not None


def test_judging_measures_the_rules_precision(site: Site) -> None:
    """Right and wrong are counted for the rule, shown with the interval; pressed again they are taken back."""
    for number, verdict in ((1, "right"), (2, "right"), (3, "wrong")):
        press(site, verdict, alert=alert(number).id)
    assert "Precision 67 % (21 to 94 %, of 3 judged)" in site.ask("/alerts?rule=russia-syria&lang=en").text
    press(site, "unjudge", alert=alert(3).id)
    assert "Precision 100 % (34 to 100 %, of 2 judged)" in site.ask("/alerts?rule=russia-syria&lang=en").text


def test_silencing_a_rule_is_an_event_in_the_log(site: Site) -> None:
    """Snooze, mute and unmute go into the log of matches, and the page shows what is silent."""
    press(site, "snooze_hour", rule="russia-syria")
    assert "snoozed until" in site.ask("/alerts?rule=russia-syria&lang=en").text
    press(site, "mute", rule="russia-syria")
    assert "выключено" in site.ask("/alerts?rule=russia-syria&lang=ru").text
    press(site, "unmute", rule="russia-syria")
    assert "مكتومة" not in site.ask("/alerts?rule=russia-syria&lang=ar").text
    asked = [decode(record.message, Control) for record in site.bus.read(topics.MATCHES.name)]
    assert [(one.action, one.rule) for one in asked] == [(one, "russia-syria") for one in ("snooze", "mute", "unmute")]


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        ({}, None, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, None, 403),
        ({"origin": "http://evil.example"}, None, 403),
        ({"sec-fetch-site": "same-origin"}, "0" * 64, 403),
    ],
)
def test_other_sites_press_no_buttons(site: Site, headers: dict[str, str], token: str | None, status: int) -> None:
    """Without a request of our own page that carries its token nothing is done."""
    form = {"action": "mute", "rule": "russia-syria", "token": token or ""}
    assert site.ask("/alerts/act", "POST", headers={"cookie": "rasid_token=x", **headers}, form=form).status == status
    assert list(site.bus.read(topics.MATCHES.name)) == []


def test_what_makes_no_sense_is_answered_in_words(site: Site) -> None:
    """An unknown alert, action or feed is a page with a sentence, and a place elsewhere is not gone back to."""
    assert site.ask("/alerts/none").status == 404
    assert site.ask("/feeds/alerts.xml").status == 404
    assert press(site, "explode", alert="1").status == 422
    assert press(site, "mute").status == 422
    assert press(site, "ack", alert="1", back="https://evil.example/").headers["location"] == "/"


def test_hostile_titles_stay_text(site: Site) -> None:
    """Whatever stands in an alert is shown as text, in list, page and feeds."""
    evil = '<script>alert(1)</script>"\u202e\x00\ud800'.encode("utf-8", "replace").decode()
    made = alert(8, title=evil, rule=evil, rule_name=evil, difference=evil, text=evil)
    made = replace(made, articles=(replace(made.articles[0], title=evil, source=evil, url="javascript:alert(1)"),))
    site.alerts.record([made])
    pages = [site.ask("/alerts"), site.ask(f"/alerts/{made.id}"), site.ask(f"/alerts?rule={quote(evil)}")]
    feed = site.ask(f"/feeds/rules/{quote(evil, safe='')}.atom")
    for page in [*pages, feed]:
        assert page.status == 200
        assert "<script>alert" not in page.text
        assert 'href="javascript' not in page.text
    assert len(ET.fromstring(feed.text).findall(f"{ATOM}entry")) == 1


def test_alerts_are_an_atom_feed(site: Site) -> None:
    """All alerts, and one rule's, as Atom: ids that stay, languages, and links to the page and the article."""
    site.alerts.record([alert(9, minutes=9, rule="idlib", language="ar")])
    whole, one = site.ask("/feeds/alerts.atom?lang=ru"), site.ask("/feeds/rules/idlib.atom")
    assert whole.headers["content-type"].startswith("application/atom+xml")
    feed = ET.fromstring(whole.text)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [
        f"urn:rasid:alert:{alert(n).id}" for n in (9, 3, 2, 1)
    ]
    assert feed.findtext(f"{ATOM}updated") == alert(9, minutes=9).created_at.isoformat()
    assert [entry.get("{http://www.w3.org/XML/1998/namespace}lang") for entry in entries] == ["ar", "ru", "en", "ar"]
    links = {link.get("rel"): link.get("href") for link in entries[0].findall(f"{ATOM}link")}
    assert links == {"alternate": f"http://{site.host}/alerts/{alert(9).id}", "related": "https://example.com/9"}
    assert "Правило: Russia and Syria" in (entries[0].findtext(f"{ATOM}content") or "")
    assert len(ET.fromstring(one.text).findall(f"{ATOM}entry")) == 1
    again = site.ask("/feeds/alerts.atom?lang=ru", headers={"if-none-match": whole.headers["etag"]})
    assert (again.status, again.text) == (304, "")


def test_alerts_are_a_json_feed(site: Site) -> None:
    """The same as JSON Feed 1.1."""
    answer = site.ask("/feeds/rules/russia-syria.json?lang=ar")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = json.loads(answer.text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in feed["items"]] == [TITLES["ru"], TITLES["en"], TITLES["ar"]]
    assert [item["language"] for item in feed["items"]] == ["ru", "en", "ar"]
    assert json.loads(site.ask("/feeds/rules/none.json").text)["items"] == []


def test_new_alerts_reach_pages_that_watch(site: Site) -> None:
    """Each new alert comes once, as the item that the list shows, to pages whose filter it passes."""
    with (
        watching(site, f"/alerts/events?lang=ar&after={alert(3).id}") as stream,
        watching(site, f"/alerts/events?lang=en&rule=idlib&after={alert(3).id}") as idlib,
    ):
        for number in (4, 5):
            site.alerts.record([alert(number, minutes=number, language="ru")])
            event = next(stream)
            assert event["id"] == alert(number).id
            assert TITLES["ru"] in event["data"]
            assert "اطُّلع عليه" in event["data"]
        site.alerts.record([alert(6, minutes=6, rule="idlib")])
        assert next(idlib)["id"] == alert(6).id


def listed(page: Answered) -> list[int]:
    """Give the numbers of the alerts in a list, in order."""
    return [int(found, 16) for found in re.findall(r'id="alert-(\w+)"', page.text)]
