"""Tests of how known names and recognised spans become one reading of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.entities import Found, find
from processors.names import NameMatcher
from processors.tokens import tokenize
from processors.unknown import Naming, Span
from rasid.domain.article import EntityType

NAMING = Naming(NameMatcher().key, NameMatcher().spell)
Named = tuple[str, EntityType, float]


def read(text: str, language: str, *recognised: Named) -> Found:
    """Find what a text names, given what was recognised in it: words (their first place), type, confidence."""
    spans = [
        Span("text", text.index(words), text.index(words) + len(words), kind, sure) for words, kind, sure in recognised
    ]
    return find("", text, [], tokenize(text), language, spans, NAMING)


def mentions(found: Found) -> set[tuple[str, str]]:
    """Give (English name or "?", surface) of all people, bodies and places."""
    return {(e.name.en or "?", m.surface) for e in found.entities if e.type != "MISC" for m in e.mentions}


@pytest.mark.parametrize(
    ("language", "text", "words", "kind", "name"),
    [
        ("en", "Defense Secretary Ash Carter spoke.", "Defense Secretary Ash Carter", "PER", "Ashton Carter"),
        ("ru", "Приехал министр Сергей Лавров.", "министр Сергей Лавров", "PER", "Sergey Lavrov"),
        ("ar", "وصل الوزير سيرغي لافروف أمس.", "الوزير سيرغي لافروف", "PER", "Sergey Lavrov"),
        ("en", "They left the Mosul district.", "the Mosul district", "LOC", "Mosul"),
        ("ru", "Они покинули город Алеппо.", "город Алеппо", "LOC", "Aleppo"),
        ("ar", "غادروا مدينة تدمر أمس.", "مدينة تدمر", "LOC", "Palmyra"),
        ("en", "They fought Islamic State terrorists.", "Islamic State terrorists", "ORG", "Islamic State"),
    ],
)
def test_longer_span_is_the_mention(language: str, text: str, words: str, kind: EntityType, name: str):
    """A recognised span that holds one known name of its type is the mention of that name."""
    assert mentions(read(text, language, (words, kind, 0.9))) == {(name, words)}


@pytest.mark.parametrize(
    ("language", "text", "body", "place"),
    [
        ("en", "He left Aleppo. The Aleppo Chamber of Trade was shut.", "Aleppo Chamber of Trade", "Aleppo"),
        ("ru", "Он покинул Алеппо. Торговая палата Алеппо закрыта.", "Торговая палата Алеппо", "Алеппо"),
        ("ar", "غادر حلب. وأغلقت غرفة تجارة حلب.", "غرفة تجارة حلب", "حلب"),
    ],
)
def test_place_inside_a_body_is_no_mention_of_its_own(language: str, text: str, body: str, place: str):
    """A place named elsewhere is no mention inside the name of a body, but its country is spoken of there too."""
    found = read(text, language, (body, "ORG", 0.95))
    surfaces = [m.surface for e in found.entities for m in e.mentions]
    assert sorted(surfaces) == sorted([place, body])
    assert {one.id: one.sentences for one in found.presence}["SY"] == (0, 1)


@pytest.mark.parametrize(
    ("language", "text", "body", "place"),
    [
        ("en", "The Aleppo Chamber of Trade in Syria.", "Aleppo Chamber of Trade", ("Aleppo", "Aleppo")),
        ("ru", "Торговая палата Алеппо в Сирии.", "Торговая палата Алеппо", ("Aleppo", "Алеппо")),
        ("ar", "غرفة تجارة حلب في سوريا.", "غرفة تجارة حلب", ("Aleppo", "حلب")),
    ],
)
def test_place_named_nowhere_else_stays(language: str, text: str, body: str, place: tuple[str, str]):
    """A place that only the name of a body names stays among the places."""
    found = read(text, language, (body, "ORG", 0.95))
    assert place in mentions(found)
    assert body in {m.surface for e in found.entities for m in e.mentions}


@pytest.mark.parametrize(
    ("language", "text", "words", "kind"),
    [
        ("en", "The UK left, and Syria too.", "The UK", "ORG"),
        ("en", "The U.S. and Russia met.", "The U.S. and Russia", "ORG"),
        ("ru", "США и Россия встретились.", "США и Россия", "ORG"),
        ("ar", "قالت روسيا اليوم الاثنين إنها غادرت سوريا.", "روسيا اليوم", "ORG"),
    ],
)
def test_small_words_make_no_other_name(language: str, text: str, words: str, kind: EntityType):
    """A span that adds only small words to names of countries changes nothing."""
    assert mentions(read(text, language, (words, kind, 0.95))) == mentions(read(text, language))


@pytest.mark.parametrize(
    ("language", "text", "words", "kind", "not_named"),
    [
        ("en", "He met Gregg Damascus, a singer.", "Gregg Damascus", "PER", "Damascus"),
        ("en", "They rode the Atlantic City Railroad.", "Atlantic City Railroad", "LOC", "Atlantic Ocean"),
        ("ru", "Приехал Питер Семнеби.", "Питер Семнеби", "PER", "Saint Petersburg"),
        ("ar", "قال إسماعيل حلب إنه غادر.", "إسماعيل حلب", "PER", "Aleppo"),
    ],
)
def test_part_of_another_name_does_not_link(language: str, text: str, words: str, kind: EntityType, not_named: str):
    """A place's name inside a person's, or cut by a longer name, is not that place."""
    found = mentions(read(text, language, (words, kind, 0.95)))
    assert words in {surface for _, surface in found}
    assert not_named not in {name for name, _ in found}


@pytest.mark.parametrize(
    ("language", "text", "words", "kind", "least"),
    [
        ("en", "Then Vorkas Holding closed.", "Vorkas Holding", "ORG", 0.4),
        ("ru", "Потом закрылся Воркас Холдинг.", "Воркас Холдинг", "ORG", 0.4),
        ("ar", "ثم أغلقت شركة فوركاس هولدينغ أمس.", "شركة فوركاس هولدينغ", "ORG", 0.8),
        ("ar", "ثم غادر فوركاس هولدان أمس.", "فوركاس هولدان", "PER", 0.4),
    ],
)
def test_guesses_are_left_out(language: str, text: str, words: str, kind: EntityType, least: float):
    """A span of little confidence is no name; bodies in Arabic need much."""
    assert words in {surface for _, surface in mentions(read(text, language, (words, kind, least)))}
    assert words not in {surface for _, surface in mentions(read(text, language, (words, kind, least - 0.05)))}


@pytest.mark.parametrize(
    ("language", "text", "words", "kind", "surfaces"),
    [
        ("en", "Mary Vorkas came. Vorkas left.", "Mary Vorkas", "PER", ["Mary Vorkas", "Vorkas"]),
        ("en", "Vorkas Bank shut. Then Vorkas Bank opened.", "Vorkas Bank", "ORG", ["Vorkas Bank", "Vorkas Bank"]),
        ("ru", "Мария Воркас приехала. Воркас уехала.", "Мария Воркас", "PER", ["Мария Воркас", "Воркас"]),
        ("ar", "وصلت سلمى فوركاس. ثم غادرت سلمى فوركاس.", "سلمى فوركاس", "PER", ["سلمى فوركاس", "سلمى فوركاس"]),
        ("ar", "وصلت سلمى فوركاس. وقالت فوركاس.", "سلمى فوركاس", "PER", ["سلمى فوركاس", "فوركاس"]),
        ("ar", "وصل سامي فوركاس. هذه قوانين فوركاس.", "سامي فوركاس", "PER", ["سامي فوركاس"]),
        ("ar", "وصل سامي فوركاس. وقال محمد فوركاس.", "سامي فوركاس", "PER", ["سامي فوركاس"]),
        ("ar", "وصلت سلمى الحكومة. وقالت الحكومة.", "سلمى الحكومة", "PER", ["سلمى الحكومة"]),
    ],
)
def test_names_are_found_again(language: str, text: str, words: str, kind: EntityType, surfaces: list[str]):
    """A name recognised in one place, and a person's last name, are found in the others, as one entity."""
    (entity,) = read(text, language, (words, kind, 0.95)).entities
    assert [m.surface for m in entity.mentions] == surfaces


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "Then Vorkas\nBank shut. Vorkas Bank opened.", "Vorkas Bank"),
        ("ru", "Воркас\nБанк закрыт. Воркас Банк открыт.", "Воркас Банк"),
        ("ar", "أغلق فوركاس\nبنك. فوركاس بنك فتح.", "فوركاس بنك"),
    ],
)
def test_names_are_not_found_across_lines(language: str, text: str, words: str):
    """The end of one line and the beginning of the next are no name together."""
    (entity,) = read(text, language, (words, "ORG", 0.95)).entities
    assert [m.surface for m in entity.mentions] == [words]


@pytest.mark.parametrize(
    ("language", "text", "words", "english"),
    [
        ("en", "The ministry spokeswoman Jane Vorkas spoke.", "ministry spokeswoman Jane Vorkas", "Jane Vorkas"),
        ("ru", "Выступил депутат Иван Воркас.", "депутат Иван Воркас", "Ivan Vorkas"),
        ("ar", "تحدثت سلمى فوركاس.", "سلمى فوركاس", "Salma Forcas"),
    ],
)
def test_descriptions_before_a_full_name_are_not_in_it(language: str, text: str, words: str, english: str):
    """The mention is what was recognised, the name of the entity is the person's name."""
    (entity,) = [e for e in read(text, language, (words, "PER", 0.95)).entities if e.type == "PER"]
    assert entity.mentions[0].surface == words
    assert entity.name.en == english


TEXT = (
    "Министр Лавров, Sergey Lavrov of Russia’s Foreign Ministry, left Aleppo\nوغادر لافروف مدينة حلب إلى روسيا اليوم."
)
CUT = st.integers(0, len(TEXT))


@given(st.lists(CUT, max_size=12, unique=True), st.lists(st.sampled_from(["PER", "ORG", "LOC"]), min_size=6), st.data())
def test_any_spans_join(cuts: list[int], kinds: list[EntityType], data: st.DataObject):
    """Whatever was recognised, mentions are slices of the text and no entity is named twice in one place."""
    edges = sorted(cuts)
    spans = [
        Span("text", start, end, kind, data.draw(st.floats(0, 1)))
        for start, end, kind in zip(edges[::2], edges[1::2], kinds, strict=False)
    ]
    for entity in find("", TEXT, [], tokenize(TEXT), "en", spans, NAMING).entities:
        assert all(TEXT[m.start : m.end] == m.surface for m in entity.mentions)
        assert len({(m.start, m.end) for m in entity.mentions}) == len(entity.mentions)


@pytest.mark.parametrize(
    ("text", "words", "surface"),
    [
        ("شويغو يلتقي الأسد في دمشق.", "شويغو يلتقي", "شويغو"),
        ("لافروف يبحث مع شويغو الوضع في سوريا.", "لافروف يبحث", "لافروف"),
    ],
)
def test_what_runs_on_behind_an_arabic_family_name_is_no_name(text: str, words: str, surface: str) -> None:
    """A verb that the recogniser takes into the name does not make the known person a stranger."""
    found = read(text, "ar", (words, "PER", 0.9))
    assert surface in {mention.surface for entity in found.entities if entity.known for mention in entity.mentions}
    assert not [entity for entity in found.entities if not entity.known]


def test_a_known_given_name_before_another_family_name_stays_another_person() -> None:
    """«صدام حفتر» is not Saddam Hussein."""
    found = read("وصل صدام حفتر إلى موسكو.", "ar", ("صدام حفتر", "PER", 0.95))
    assert "Saddam Hussein" not in {entity.name.en for entity in found.entities}


@pytest.mark.parametrize(
    ("language", "text", "longer", "shorter"),
    [
        ("en", "Jane met Jane Doe Smith. Later came Jane", "Jane Doe Smith", "Jane"),
        ("ru", "Ярослав видел Ярослава Волкова. Потом пришёл Ярослав", "Ярослава Волкова", "Ярослав"),
        ("ar", "زار كارلوس مندوسا لوبيز المدينة ثم عاد كارلوس", "كارلوس مندوسا لوبيز", "كارلوس"),
    ],
)
def test_a_text_may_end_with_the_first_word_of_a_longer_name(
    language: str, text: str, longer: str, shorter: str
) -> None:
    """Looking for a name again does not look behind the end of the text."""
    found = read(text, language, (longer, "PER", 0.95), (shorter, "PER", 0.95))
    for entity in found.entities:
        for mention in entity.mentions:
            assert text[mention.start : mention.end] == mention.surface


@pytest.mark.parametrize(
    ("text", "span", "name"),
    [
        ("توج محمود دهود نجم المنتخب المصري بالجائزة", "محمود دهود نجم المنتخب المصري", "محمود دهود"),
        ("السيناتور سالم مرعي يزور المدينة سرا", "سالم مرعي يزور", "سالم مرعي"),
    ],
)
def test_an_office_or_a_verb_ends_an_arabic_name(text: str, span: str, name: str) -> None:
    """What the recogniser adds behind a person's name in Arabic is cut off."""
    found = read(text, "ar", (span, "PER", 0.9))
    assert [e.mentions[0].surface for e in found.entities if e.type == "PER"] == [name]


@pytest.mark.parametrize(
    ("language", "text", "club"),
    [
        ("ar", "فاز ليستر سيتي بالبطولة", "ليستر سيتي"),
        ("en", "Then Norwich City lost the match", "Norwich City"),
        ("ru", "Вчера Норвич Сити проиграл матч", "Норвич Сити"),
    ],
)
def test_a_club_is_no_person(language: str, text: str, club: str) -> None:
    """A name that ends as clubs' names do is a body."""
    found = read(text, language, (club, "PER", 0.95))
    assert {e.type for e in found.entities if club in {m.surface for m in e.mentions}} <= {"ORG"}


def test_what_people_are_called_by_is_no_part_of_their_name() -> None:
    """«اللاعب محمود دهود» is called Mahmoud Dahoud."""
    found = read("التقى اللاعب محمود دهود زملاءه", "ar", ("اللاعب محمود دهود", "PER", 0.9))
    assert [entity.name.ar for entity in found.entities if entity.type == "PER"] == ["محمود دهود"]


@pytest.mark.parametrize(
    ("language", "text", "words", "people"),
    [
        ("en", "Shoigu meets Assad in Damascus.", "Shoigu meets Assad", {"Sergei Shoigu", "Bashar al-Assad"}),
        ("ru", "Шойгу встретил Асада вчера.", "Шойгу встретил Асада", {"Sergei Shoigu", "Bashar al-Assad"}),
        ("ar", "شويغو يلتقي الأسد في دمشق.", "شويغو يلتقي الأسد", {"Sergei Shoigu", "Bashar al-Assad"}),
        ("en", "Lavrov says no.", "Lavrov says", {"Sergey Lavrov"}),
    ],
)
def test_what_people_do_makes_no_body_of_them(language: str, text: str, words: str, people: set[str]) -> None:
    """A stretch taken for a body that tells of known people is none."""
    found = read(text, language, (words, "ORG", 0.95))
    assert {e.name.en for e in found.entities if e.type == "PER"} == people
    assert not [e for e in found.entities if e.type == "ORG"]
