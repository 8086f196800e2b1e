"""Random queries and articles that often meet: few words, in three scripts, inflected and with clitics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from makers import NOON, document

from rasid.app.analysis import Analysis
from rasid.domain.article import GroupedArticle, Keyword, Names, Place
from rasid.domain.query import And, Between, Everything, Near, Not, Nothing, Or, Pattern, Query, Value, Within, Words

ANALYSIS = Analysis()
SHOIGU = "rasid:person/sergei-shoigu"
WORDS = [
    "سوريا", "والسورية", "للأسد", "شويغو", "القوات", "قوات",
    "Syria", "Syrian", "Shoigu", "Shoigus", "forces", "force",
    "Сирия", "Сирии", "сирийский", "Шойгу", "Асада", "войска",
]  # fmt: skip
TERMS = sorted({term.text for word in WORDS for term in ANALYSIS.terms(word)})
VALUES: list[tuple[str, str]] = [
    ("language", "ar"), ("language", "ru"), ("source", "سانا"), ("source_country", "SY"), ("ownership", "state"),
    ("feed", "feed-a"), ("tags", "حرب"), ("entity_ids", SHOIGU), ("person_ids", SHOIGU), ("org_ids", "none"),
    ("place_ids", "geonames:169389"), ("about", "RU"), ("keywords", "война"), ("story_id", "story-1"),
    ("origin", "live"), ("known", "true"),
]  # fmt: skip
PLACE = Place(id="geonames:169389", name=Names(ar="إدلب", en="Idlib"), country="SY", lat=35.9, lon=36.6, mentions=())
TIMES = [NOON + timedelta(hours=n) for n in (-30, -1, 0, 1)]


@st.composite
def articles(draw: st.DrawFn) -> GroupedArticle:
    """Give an article of a few words."""
    number = draw(st.integers(1, 40))
    title, text = (draw(st.lists(st.sampled_from(WORDS), max_size=size)) for size in (4, 14))
    here = ["RU", "SY", SHOIGU]
    made = document(
        ANALYSIS,
        number,
        language=draw(st.sampled_from(["ar", "en", "ru"])),
        title=" ".join(title),
        text=" ".join(text),
        story=f"story-{number % 3}",
        names=((SHOIGU, "Шойгу"),) if "Шойгу" in title + text else (),
        presence={
            one: tuple(draw(st.sets(st.integers(0, 6), max_size=3))) for one in draw(st.sets(st.sampled_from(here)))
        },
        first_seen_at=draw(st.sampled_from(TIMES)),
        published_at=draw(st.sampled_from([None, *TIMES, datetime(1, 2, 3, tzinfo=UTC)])),
        source=draw(st.sampled_from(["SANA", "سانا"])),
        source_country=draw(st.sampled_from([None, "RU", "SY"])),
        ownership=draw(st.sampled_from([None, "state"])),
        tags=draw(st.sampled_from([(), ("حرب",), ("war", "حرب")])),
    )
    enriched = replace(
        made.enriched,
        places=draw(st.sampled_from([(), (PLACE,)])),
        about=draw(st.sampled_from([(), ("RU",), ("RU", "SY")])),
        keywords=draw(st.sampled_from([(), (Keyword(text="война", score=1.0),)])),
    )
    return replace(made, enriched=enriched)


def _phrases(most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(TERMS), min_size=1, max_size=most).map(tuple)


FIELDS = st.sampled_from(["any", "title", "text"])
BOOSTS = st.sampled_from([1.0, 2.5, 0.0])
BEGINNINGS = st.sampled_from(TERMS).flatmap(
    lambda term: st.integers(2, max(2, len(term))).map(lambda size: term[:size])
)
LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(Words, _phrases(3), FIELDS, st.just(""), BOOSTS),
    st.builds(Within, _phrases(2), _phrases(2), st.integers(0, 4), FIELDS, st.just(""), BOOSTS),
    st.builds(Pattern, BEGINNINGS, st.just(0), st.lists(st.sampled_from(TERMS), max_size=1).map(tuple), FIELDS),
    st.builds(
        Pattern,
        st.sampled_from([*TERMS, "syira", "сыр", "شوغيو", "forec"]),
        st.sampled_from([1, 2]),
        st.just(()),
        FIELDS,
    ),
    st.sampled_from(VALUES).map(lambda pair: Value(pair[0], (pair[1],))),  # type: ignore[arg-type]
    st.just(Value("language", ("ar", "en"))),
    st.builds(
        Between,
        st.sampled_from(["first_seen_at", "published_at"]),
        st.sampled_from([None, *TIMES]),
        st.sampled_from([None, *TIMES]),
    ),
    st.builds(Near, st.just(("RU", SHOIGU)), st.sampled_from([("SY",), ("RU",), ("none",)]), st.integers(1, 3)),
    st.sampled_from([Everything(), Nothing(), Words(())]),
)


def queries() -> st.SearchStrategy[Query]:
    """Give trees of up to a dozen leaves."""
    return st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.lists(inner, max_size=4).map(lambda parts: And(tuple(parts))),
            st.lists(inner, max_size=4).map(lambda parts: Or(tuple(parts))),
        ),
        max_leaves=12,
    )
