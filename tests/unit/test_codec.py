"""Bytes and domain values are two forms of one thing, and what is not understood is said, not guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import NOON, article, raw_entry

from rasid.codec import decode, decode_body, encode, encode_body
from rasid.domain.article import (
    Article,
    EnrichedArticle,
    Entity,
    GroupedArticle,
    Keyword,
    Mention,
    Names,
    Place,
    RawEntry,
    Terms,
)
from rasid.domain.errors import CodecError
from rasid.ports import Message

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ["سوريا", "Сирия", "Syria", "👩‍👩‍👧", "\u202e"]
)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants bare bounds
names = st.builds(Names, ar=st.none() | words, en=st.none() | words, ru=st.none() | words)
mentions = st.builds(lambda start, surface: Mention(field="text", start=start, end=start + len(surface), surface=surface),
                     st.integers(0, 10_000), words.filter(bool))  # fmt: skip
entities = st.builds(Entity, id=words, type=st.sampled_from(["PER", "ORG", "LOC", "MISC"]), name=names,
                     mentions=st.lists(mentions, max_size=3).map(tuple), confidence=st.floats(0, 1), known=st.booleans())  # fmt: skip
places = st.builds(Place, id=words, name=names, country=st.none() | words, lat=st.none() | st.floats(-90, 90),
                   lon=st.none() | st.floats(-180, 180), mentions=st.lists(mentions, max_size=2).map(tuple))  # fmt: skip
enriched = st.builds(
    EnrichedArticle,
    article=st.builds(lambda title, text, at: article(title=title, text=text, published_at=at), words, words, st.none() | times),
    language=st.sampled_from(["ar", "en", "ru"]), language_confidence=st.floats(0, 1), analysis_version=st.integers(0, 60_000),
    terms=st.builds(Terms, title=words, text=words), entities=st.lists(entities, max_size=3).map(tuple),
    places=st.lists(places, max_size=2).map(tuple), keywords=st.lists(st.builds(Keyword, text=words, score=st.floats(0, 1)), max_size=2).map(tuple),
    about=st.lists(words, max_size=2).map(tuple),
)  # fmt: skip
grouped = st.builds(GroupedArticle, enriched=enriched, story_id=words, story_epoch=st.integers(0, 60_000))


@given(grouped, times)
def test_a_document_survives_the_log(value: GroupedArticle, time: datetime) -> None:
    """Decoding what was encoded gives an equal value."""
    assert decode(encode(value, key=value.id, time=time), GroupedArticle) == value


@given(st.builds(lambda title, text: raw_entry(title=title, text=text), words, words))
def test_an_entry_survives_the_log(value: RawEntry) -> None:
    """Decoding what was encoded gives an equal value."""
    assert decode(encode(value, key=value.entry.key, time=NOON), RawEntry) == value


def test_equal_values_give_equal_messages() -> None:
    """A step that is run again makes the same message, id and all."""
    assert encode(article(), key="k", time=NOON) == encode(article(), key="k", time=NOON)


def test_messages_carry_cloudevents_headers() -> None:
    """CloudEvents 1.0, binary mode: the attributes are headers, the body is JSON."""
    message = encode(article(title="شويغو"), key="k", time=NOON)
    assert message.headers["ce_specversion"] == b"1.0"
    assert message.headers["ce_type"] == b"rasid.article.v1"
    assert message.headers["ce_time"] == b"2026-11-23T12:00:00+00:00"
    assert msgspec.json.decode(message.value)["title"] == "شويغو"


def _with_type(kind: bytes) -> Message:
    message = encode(article(), key="k", time=NOON)
    return replace(message, headers={**message.headers, "ce_type": kind})


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (b"rasid.article.v2", "newer version of rasid"),
        (b"rasid.match.v1", "expected rasid.article.v1"),
        (b"", "no ce_type"),
    ],
)
def test_another_kind_or_version_is_refused(kind: bytes, words: str) -> None:
    """A future version and a wrong kind are errors that say what to do."""
    with pytest.raises(CodecError, match=words):
        decode(_with_type(kind), Article)


def test_an_unknown_field_is_ignored() -> None:
    """A field that a newer program added does not keep an older one from reading."""
    body = msgspec.json.decode(encode_body(article()))
    assert decode_body(msgspec.json.encode(body | {"colour": "red"}), Article) == article()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"id": 5}', b"\xff\xfe", b'{"title": "\\ud800"}'])
def test_a_broken_body_is_refused(body: bytes) -> None:
    """What is no such value is an error, whatever is wrong with it."""
    with pytest.raises(CodecError, match=r"rasid\.article"):
        decode_body(body, Article)


def test_a_naive_time_is_refused_on_the_way_in() -> None:
    """Values check themselves when decoded: a time without a zone never gets into the system."""
    body = encode_body(article()).replace(b"+00:00", b"").replace(b"Z", b"")
    with pytest.raises(CodecError, match="aware"):
        decode_body(body, Article)
