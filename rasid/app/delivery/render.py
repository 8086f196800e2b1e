"""Alerts as messages: subject, plain text and HTML in the receiver's language. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined

from rasid.app.delivery.receivers import Receiver
from rasid.app.delivery.user_templates import Template, fill
from rasid.app.delivery.words import direction, has, word
from rasid.domain.alert import Alert, AlertArticle, Why
from rasid.domain.delivery import Language, Outgoing
from rasid.domain.errors import NotifyError
from rasid.domain.rule import Wording

log = structlog.get_logger("rasid.deliver")
WordingOf = Callable[[str], Wording | None]
_MOST_ARTICLES = 10
_MOST_WHY = 8
_LONGEST = 1_000  # of any one text in a message: titles and causes are anybody's
JINJA = "alert_text_jinja"
_MAIL = Environment(
    loader=PackageLoader("rasid.app.delivery"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip


def render(
    receiver: Receiver,
    alerts: Sequence[Alert],
    *,
    id_: str,
    at: datetime,
    held_back: int = 0,
    page: str = "",
    wording: WordingOf = lambda _: None,
) -> Outgoing:
    """Give the message of one alert, or of several together."""
    language = receiver.language
    parts = [_body(receiver, alert, page, wording) for alert in alerts]
    if held_back:
        parts.append(word("held_back", language, held_back))
    single = len(alerts) == 1
    subject = _subject(receiver, alerts[0], wording) if single else word("digest", language, len(alerts))
    html = _MAIL.get_template("mail.html").render(
        subject=subject,
        language=language,
        direction=direction,
        entries=[entry(alert, language, page) for alert in alerts],
        held_back=word("held_back", language, held_back) if held_back else "",
        # Words of one's own stand in the mail's HTML too, in place of ours.
        own_texts=parts if _has_own(receiver, alerts, wording) else None,
    )
    return Outgoing(
        id=id_, alerts=tuple(alerts), subject=subject, text="\n\n".join(parts), html=html, language=language, at=at,
        held_back=held_back,
    )  # fmt: skip


def entry(alert: Alert, language: Language, page: str = "") -> dict[str, Any]:
    """Give what a message says of one alert, in words, for the templates."""
    return {
        "title": title_of(alert, language),
        "title_language": _title_language(alert, language),
        "badges": _badges(alert, language),
        "rule": f"{word('rule', language)}: {alert.rule_name or alert.rule}",
        "count": word("stands_for", language, alert.count) if alert.count > 1 else "",
        "text": "" if alert.kind == "service" else _cut(alert.text),
        "difference": _cut(alert.difference),
        "changed": word("changed", language),
        "why_word": word("why", language),
        "why": [] if alert.kind == "service" else [_reason(one) for one in alert.why[:_MOST_WHY]],
        "articles": [_article(one) for one in alert.articles[:_MOST_ARTICLES]],
        "more": word("more", language, len(alert.articles) - _MOST_ARTICLES)
        if len(alert.articles) > _MOST_ARTICLES
        else "",
        "open": word("open", language),
        "link": f"{page}/alerts/{alert.id}" if page else "",
    }


def title_of(alert: Alert, language: Language) -> str:
    """Give an alert's title; what the service says of itself is in the reader's language."""
    if alert.kind == "service" and alert.why and has(alert.why[0].clause):
        return _cut(word(alert.why[0].clause, language, *alert.why[0].words))
    return _cut(alert.title) or word("title_none", language)


def values_of(alert: Alert, language: Language, page: str = "") -> dict[str, Any]:
    """Give the fields of an alert as templates see them: plain data, each text and list of a bounded length."""
    first = alert.articles[0] if alert.articles else None
    return {
        "id": alert.id,
        "rule": alert.rule,
        "rule_name": alert.rule_name or alert.rule,
        "level": alert.level,
        "kind": alert.kind,
        "title": title_of(alert, language),
        "text": _cut(alert.text),
        "difference": _cut(alert.difference),
        "count": alert.count,
        "num_matches": alert.count,
        "story_id": alert.story_id,
        "created_at": _moment(alert.created_at),
        "link": f"{page}/alerts/{alert.id}" if page else "",
        "why": [_reason(one) for one in alert.why[:_MOST_WHY]],
        "articles": [_article(one) for one in alert.articles[:_MOST_ARTICLES]],
        **(_article(first) if first else {"source": "", "url": "", "language": "", "seen": "", "published": ""}),
        "title_original": _cut(alert.title),
    }


def _body(receiver: Receiver, alert: Alert, page: str, wording: WordingOf) -> str:
    values = values_of(alert, receiver.language, page)
    own = _safely(receiver.body, values, alert) if receiver.body else _author_text(wording(alert.rule), values, alert)
    return own or _plain(entry(alert, receiver.language, page))


def _subject(receiver: Receiver, alert: Alert, wording: WordingOf) -> str:
    values = values_of(alert, receiver.language)
    author = wording(alert.rule)
    own = ""
    if receiver.subject:
        own = _safely(receiver.subject, values, alert)
    elif author and author.alert_subject:
        own = (
            _safely(author.alert_subject, values, alert)
            if author.alert_text_type == JINJA
            else fill(author.alert_subject, author.alert_subject_args, values)
        )
    title = title_of(alert, receiver.language)
    named = title if alert.kind == "service" else f"{alert.rule_name or alert.rule} · {title}"
    badges = [f"[{badge}]" for badge in _badges(alert, receiver.language)]
    return " ".join((own or " ".join((*badges, named))).split())[:300]


def _author_text(author: Wording | None, values: dict[str, Any], alert: Alert) -> str:
    """Give the text as the rule's author wants it told, "" where nothing is said of it."""
    if author is None or not author.alert_text:
        return ""
    if author.alert_text_type == JINJA:
        return _safely(author.alert_text, values, alert)
    named = {**values, **{name: values.get(field, "<missing value>") for field, name in author.alert_text_kw.items()}}
    return fill(author.alert_text, author.alert_text_args, named)


def _safely(template: str, values: dict[str, Any], alert: Alert) -> str:
    """Fill a template; one that fails gives our own wording, never a lost alert."""
    try:
        return Template(template).render(values)
    except NotifyError as error:
        log.warning("template not used", rule=alert.rule, cause=str(error))
        return ""


def _has_own(receiver: Receiver, alerts: Sequence[Alert], wording: WordingOf) -> bool:
    authors = [wording(alert.rule) for alert in alerts]
    return bool(receiver.body) or any(author and author.alert_text for author in authors)


def _plain(told: dict[str, Any]) -> str:
    lines = [f"[{' · '.join(told['badges'])}]" if told["badges"] else "", told["title"], told["text"]]
    if told["difference"]:
        lines.append(f"{told['changed']}: {told['difference']}")
    for article in told["articles"]:
        shown = [] if article["title"] == told["title"] else [article["title"]]
        lines += [*shown, f"{article['source']} · {article['seen']}", article["url"]]
    lines += [told["more"], told["count"], told["rule"]]
    lines += [f"{told['why_word']}: {why['clause']}{_quoted(why['words'])}" for why in told["why"]]
    lines.append(f"{told['open']}: {told['link']}" if told["link"] else "")
    return "\n".join(line for line in lines if line)


def _badges(alert: Alert, language: Language) -> list[str]:
    kind = [word(alert.kind, language)] if alert.kind != "match" else []
    return kind + ([word(alert.level, language)] if alert.level != "normal" else [])


def _reason(why: Why) -> dict[str, Any]:
    return {"clause": _cut(why.clause), "field": why.field, "words": [_cut(one) for one in why.words[:_MOST_WHY]]}


def _article(article: AlertArticle) -> dict[str, str]:
    return {
        "title": _cut(article.title),
        "source": _cut(article.source),
        "language": article.language,
        "url": article.url or "",
        "seen": _moment(article.first_seen_at),
        "published": _moment(article.published_at) if article.published_at else "",
    }


def _title_language(alert: Alert, language: Language) -> str:
    if alert.kind == "service":
        return language
    return next((one.language for one in alert.articles if one.title == alert.title), "")


def _quoted(words: Sequence[str]) -> str:
    return f" — «{'», «'.join(words)}»" if words else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
