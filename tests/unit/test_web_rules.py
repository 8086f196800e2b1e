"""The pages on rules: what they list, what the editor finds and saves, and who may save."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from makers import TITLES, document
from web_site import ANALYSIS, Answered, Site

import rasid
from rasid.app import rules_desk
from rasid.codec import decode, encode, kind_of
from rasid.domain import topics
from rasid.domain.control import RuleEdited

RULE = """\
# Our own rule.
name: Shoigu  # the minister
type: any
filter:
  # in three scripts
  - query_string: {query: 'Shoigu AND Assad'}
realert: {minutes: 0}
x-news:
  id: minister
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Run the page over three articles of today, in three languages, and one rule."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "minister.yaml").write_text(RULE, "utf-8")
    with Site(tmp_path) as running:
        now = datetime.now(UTC)
        documents = [
            document(
                ANALYSIS, number, language=language, title=TITLES[language], first_seen_at=now - timedelta(hours=number)
            )
            for number, language in enumerate(("ar", "en", "ru"), 1)
        ]
        running.index.write(documents)
        running.bus.publish(
            topics.GROUPED.name,
            [encode(one, key=one.id, time=one.enriched.article.first_seen_at) for one in reversed(documents)],
        )
        yield running


class Editor:
    """A browser's view of the editor: it carries the cookie and the token of the page."""

    def __init__(self, site: Site, path: str) -> None:
        page = site.ask(path)
        assert page.status == 200, page.text
        self._site = site
        self.html = page.text
        self._cookie = page.headers["set-cookie"].partition(";")[0]
        self.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        self.fields = {name: unescaped(value) for name, value in self.fields.items()}

    def send(self, path: str, **fields: str) -> Answered:
        """Send the form."""
        headers = {"origin": f"http://{self._site.host}", "cookie": self._cookie, "sec-fetch-site": "same-origin"}
        return self._site.ask(path, method="POST", form={**self.fields, **fields}, headers=headers)


def unescaped(value: str) -> str:
    """Read an attribute's value."""
    return html.unescape(value)


def test_the_list_shows_rules_and_what_is_wrong_with_files(site: Site) -> None:
    """A good rule is in force; a broken file is first, with its line."""
    (site.settings.data_dir / "rules" / "bad.yaml").write_text("name: x\ntype: any\nfilter: [{nope: 1}]\n", "utf-8")
    page = site.ask("/rules").text
    assert "in force" in page
    assert page.index("bad.yaml:3") < page.index("minister.yaml")


@pytest.mark.parametrize(("language", "title"), [("ar", "القواعد"), ("en", "Rules"), ("ru", "Правила")])
def test_the_pages_speak_three_languages(site: Site, language: str, title: str) -> None:
    """The list and the editor are in Arabic (right to left), English and Russian."""
    for path in (f"/rules?lang={language}", f"/rules/edit?file=minister.yaml&lang={language}"):
        page = site.ask(path).text
        assert title in page
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page


def test_the_footer_names_the_programs_version(site: Site) -> None:
    """The editor knows a version of the file, too; the footer shows the program's."""
    for path in ("/rules", "/rules/edit", "/rules/edit?file=minister.yaml"):
        assert f"<footer>Rasid {rasid.__version__} " in site.ask(path).text, path


@pytest.mark.parametrize("query", ["Shoigu AND Assad", "شويغو AND الأسد", "Шойгу AND Асад"])
def test_the_preview_says_how_often_it_would_have_fired(site: Site, query: str) -> None:
    """A query in any script finds the week's articles; without the names' analysis, the words in the title do."""
    names = {"Shoigu AND Assad": "en", "شويغو AND الأسد": "ar", "Шойгу AND Асад": "ru"}
    found = Editor(site, "/rules/edit").send("/rules/preview", q=query, name="x", id="x").text
    assert "would have fired 1 times in 7 days (1 articles match of 3)" in found
    assert TITLES[names[query]] in found
    assert "query: " in found


def test_the_preview_lints_while_typing(site: Site) -> None:
    """What is wrong is said with its line; what is suspicious too."""
    editor = Editor(site, "/rules/edit")
    assert "line" in editor.send("/rules/preview", q="Shoigu AND (", name="x", id="x").text
    assert "&#39;Shoygu&#39; asks" in editor.send("/rules/preview", q='"Shoygu"', name="x", id="x").text


def test_saving_changes_the_value_and_nothing_else(site: Site) -> None:
    """The file is as a person would have changed it, comments and all, and the log says that the rule was edited."""
    editor = Editor(site, "/rules/edit?file=minister.yaml")
    done = editor.send("/rules/save", name="Shoigu", q="Шойгу OR d'Assad", level="high", per="article", enabled="1")
    assert done.status == 303
    expected = RULE.replace("'Shoigu AND Assad'", "'Шойгу OR d''Assad'").replace(
        "x-news:\n", "x-news:\n  level: high\n"
    )
    assert (site.settings.data_dir / "rules" / "minister.yaml").read_text("utf-8") == expected
    said = [record.message for record in site.bus.read(topics.MATCHES.name)]
    edited = [decode(one, RuleEdited) for one in said if kind_of(one) is RuleEdited]
    assert [(one.policy.rule_id, one.policy.level) for one in edited] == [("minister", "high")]


def test_a_new_rule_gets_a_file_of_its_id(site: Site) -> None:
    """A rule in Arabic is saved under its id, and is in force."""
    done = Editor(site, "/rules/edit").send("/rules/save", name="شويغو", id="shoigu-ar", q="شويغو", enabled="1")
    assert done.status == 303
    text = (site.settings.data_dir / "rules" / "shoigu-ar.yaml").read_text("utf-8")
    assert "name: شويغو\n" in text
    assert "query: شويغو\n" in text
    assert "id: shoigu-ar\n" in text
    assert site.rules.rows()[-1].state == "in_force"


@pytest.mark.parametrize("name", ["../evil", "..", "a/b", "/etc/passwd", ".hidden", "con", "x" * 90, "a\x00b"])
def test_no_id_reaches_beyond_the_directory(site: Site, name: str) -> None:
    """A name that would lead elsewhere is refused, and no file is made."""
    before = sorted(path for path in site.settings.data_dir.rglob("*.yaml"))
    done = Editor(site, "/rules/edit").send("/rules/save", name="x", id=name, q="Syria", enabled="1")
    assert done.status == 422
    assert sorted(path for path in site.settings.data_dir.rglob("*.yaml")) == before
    assert site.ask("/rules/edit?file=../feeds.yaml").status == 404


def test_what_somebody_else_changed_meanwhile_is_not_written_over(site: Site) -> None:
    """The second of two editors is told, and loses nothing of what was typed."""
    first, second = (Editor(site, "/rules/edit?file=minister.yaml") for _ in range(2))
    form = {"name": "Shoigu", "level": "normal", "per": "article", "enabled": "1"}
    assert first.send("/rules/save", q="Lavrov", **form).status == 303
    refused = second.send("/rules/save", q="Belousov", **form)
    assert refused.status == 422
    assert "somebody else" in refused.text
    assert "Belousov" in refused.text


def test_only_our_own_page_saves(site: Site) -> None:
    """Without the token of the page, or from another site, nothing is written."""
    editor = Editor(site, "/rules/edit?file=minister.yaml")
    form = {"file": "minister.yaml", "mode": "text", "text": RULE + "# evil\n"}
    assert editor.send("/rules/save", **{**form, "token": "stale"}).status == 403
    headers = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert site.ask("/rules/save", method="POST", form={**editor.fields, **form}, headers=headers).status == 403
    assert (site.settings.data_dir / "rules" / "minister.yaml").read_text("utf-8") == RULE


def test_what_the_form_has_no_field_for_is_edited_as_text(site: Site) -> None:
    """A filter of two forms is shown as the file, and saved as typed."""
    other = replace_filter(RULE)
    (site.settings.data_dir / "rules" / "minister.yaml").write_text(other, "utf-8")
    editor = Editor(site, "/rules/edit?file=minister.yaml")
    assert 'name="text"' in editor.html
    assert editor.send("/rules/save", text=other + "# Примечание\r\n").status == 303
    assert (site.settings.data_dir / "rules" / "minister.yaml").read_text("utf-8") == other + "# Примечание\n"


def replace_filter(text: str) -> str:
    """Give a rule whose filter is no query."""
    return text.replace("query_string: {query: 'Shoigu AND Assad'}", "term: {language: ru}")


def test_a_preview_that_takes_too_long_asks_the_index(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log too long to be read while somebody types is passed over: the index counts, and says that it is near."""
    taken = rules_desk._taken
    calls: list[int] = []

    def impatient(trial: object) -> object:
        calls.append(1)
        return taken(trial) if len(calls) > 1 else replace(taken(trial), whole=False)  # type: ignore[arg-type]

    monkeypatch.setattr(rules_desk, "_taken", impatient)
    found = Editor(site, "/rules/edit").send("/rules/preview", q="Шойгу OR شويغو", name="x", id="x").text
    assert "would have fired 2 times in 7 days (2 articles match of 3)" in found
    assert "Approximate" in found


def test_where_the_workers_would_not_see_it_nothing_is_saved(site: Site, tmp_path: Path) -> None:
    """A cluster whose daemons share no directory of rules says what to set."""
    desk = site.rules
    desk._locked = "set rules_dir (RASID_RULES_DIR) to a directory that all daemons see"
    done = Editor(site, "/rules/edit").send("/rules/save", name="x", id="x", q="Syria", enabled="1")
    assert done.status == 422
    assert "RASID_RULES_DIR" in done.text
    assert not (site.settings.data_dir / "rules" / "x.yaml").exists()
