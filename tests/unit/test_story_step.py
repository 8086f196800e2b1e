"""The group step is a fold over its own output: killed at any moment, it ends as if it had not been."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processors.enrich import enrich_text
from processors.pipeline import enrich_step
from processors.stories.signature import unpack
from processors.stories.step import GroupStep
from rasid.codec import decode, encode
from rasid.domain import topics
from rasid.domain.article import EnrichedArticle, GroupedArticle
from rasid.domain.errors import CodecError
from rasid.ports import Message, Record

DATA = Path(__file__).parent.parent / "data" / "stories"
START = datetime(2026, 3, 1, 6, tzinfo=UTC)


class Log:
    """A topic in memory that forgets nothing."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def append(self, messages: Iterable[Message]) -> None:
        """Put messages behind the others."""
        for message in messages:
            self.records.append(
                Record(topic=topics.GROUPED.name, partition=0, offset=len(self.records), message=message)
            )

    def read(self, since: datetime) -> Iterator[Record]:
        """Give the records from a time on."""
        return iter([record for record in self.records if record.message.time >= since])

    def last(self) -> dict[str, GroupedArticle]:
        """Give the newest document of each article."""
        return {(found := decode(record.message, GroupedArticle)).id: found for record in self.records}


def record(enriched: EnrichedArticle, at: datetime, offset: int = 0) -> Record:
    message = encode(enriched, key=enriched.article.id, time=at)
    return Record(topic=topics.ENRICHED.name, partition=0, offset=offset, message=message)


def article(number: int | str, title: str, text: str, at: datetime, **changes: object) -> EnrichedArticle:
    made = enrich_text(title, text, article_id=f"202603-{number}")
    return replace(made, article=replace(made.article, first_seen_at=at, **changes))


def run(step: GroupStep, log: Log, records: Sequence[Record]) -> list[Message]:
    messages = list(step(records)[topics.GROUPED.name])
    log.append(messages)
    return messages


def stories(log: Log) -> dict[str, tuple[str, int, str | None, tuple[str, ...]]]:
    return {i: (one.story_id, one.story_epoch, one.copy_of, one.former_story_ids) for i, one in log.last().items()}


@pytest.fixture(scope="module")
def stream() -> list[Record]:
    """Our own reports of invented events in three languages, every fourth told again by another source."""
    rows = [
        json.loads(line)
        for name in ("own_articles.jsonl", "wire_copies.jsonl")
        for line in (DATA / name).read_text("utf-8").splitlines()
    ]
    rows.sort(key=lambda row: (row["published_at"], row["id"]))
    made = []
    for number, row in enumerate(rows):
        at = START + timedelta(hours=2 * number)  # more than 72 hours in all, so that the window moves
        for again in ("", "-again") if number % 4 == 0 else ("",):
            one = article(row["id"] + again, row["title"], row["text"], at, source=row["source"] + again)
            made.append(record(one, at, len(made)))
    return made


def test_killed_twenty_times_it_gives_the_same_stories(stream: list[Record]):
    """A step that loses its state at any record, and part of what it had not committed, decides as one that does not."""
    straight = Log()
    step = GroupStep(straight.read)
    for at in range(0, len(stream), 7):
        run(step, straight, stream[at : at + 7])
    pick = random.Random(7)
    broken, at = Log(), 0
    kills = set(pick.sample(range(len(stream)), 20))
    step = GroupStep(broken.read)
    while at < len(stream):
        batch = stream[at : at + pick.randint(1, 9)]
        messages = list(step(batch)[topics.GROUPED.name])
        if kills & set(range(at, at + len(batch))):
            kills -= set(range(at, at + len(batch)))
            broken.append(messages[: pick.randint(0, len(messages))])  # the rest was never published, nothing committed
            step = GroupStep(broken.read)
            continue
        broken.append(messages)
        at += len(batch)
    assert stories(broken) == stories(straight)


def test_a_repeated_record_gives_the_same_document(stream: list[Record]):
    """What was not committed comes again, and gives equal messages."""
    log = Log()
    step = GroupStep(log.read)
    first = run(step, log, stream[:30])
    assert list(step(stream[:30])[topics.GROUPED.name]) == first
    assert list(GroupStep(log.read)(stream[:30])[topics.GROUPED.name]) == first


def test_reports_of_one_event_are_one_story_in_three_languages():
    """Wire copies and retellings in Arabic, English and Russian are one story; copies know their original."""
    rows = [json.loads(line) for line in (DATA / "wire_copies.jsonl").read_text("utf-8").splitlines()]
    log = Log()
    step = GroupStep(log.read)
    for number, row in enumerate(rows):
        at = datetime.fromisoformat(row["published_at"])
        run(step, log, [record(article(row["id"], row["title"], row["text"], at), at, number)])
    found = log.last()
    assert len({one.story_id for one in found.values()}) == 1
    assert sum(one.copy_of is not None for one in found.values()) >= 3


def test_a_revision_tells_its_change_and_stays_in_its_story():
    """Twelve dead become thirty: the document of the new revision says so."""
    log = Log()
    step = GroupStep(log.read)
    one = article(
        1, "Blast in Azaz", "A car bomb killed 12 people in the market of Azaz on Friday, rescuers said.", START
    )
    other = article(
        1,
        "Blast in Azaz",
        "A car bomb killed 30 people in the market of Azaz on Friday, rescuers said.",
        START,
        revision=2,
        edition=2,
    )
    run(step, log, [record(one, START)])
    run(step, log, [record(other, START + timedelta(hours=1))])
    found = log.last()["202603-1"]
    assert found.change is not None
    assert found.change.text == "12 → 30 people"
    assert found.story_id == "story-202603-1"


def test_two_stories_that_turn_out_to_be_one_are_merged():
    """A report that holds both sides joins them: the moved documents come again with a higher epoch and their old id."""
    log = Log()
    step = GroupStep(log.read)
    fire = "A fire broke out on Tuesday in the cotton warehouse of Latakia port and destroyed 120 tonnes of cotton."
    hurt = (
        "Seven firefighters were treated in a Latakia hospital for smoke inhalation, fire chief Nizar al-Sabbagh said."
    )
    both = (
        "Tuesday's fire in the cotton warehouse of Latakia port destroyed 120 tonnes, and seven firefighters had to be"
        " treated for smoke inhalation in hospital, according to Nizar al-Sabbagh, the city's fire chief."
    )
    titles = (
        "Cotton burns at Latakia port",
        "Smoke sends seven firefighters to hospital",
        "Latakia fire: cotton burns, seven firefighters hurt",
    )
    for number, (title, text) in enumerate(zip(titles, (fire, hurt, both), strict=True)):
        at = START + timedelta(minutes=number)
        run(step, log, [record(article(number, title, text, at), at, number)])
        if number == 1:
            assert len({one.story_id for one in log.last().values()}) == 2
    found = log.last()
    assert {one.story_id for one in found.values()} == {"story-202603-0"}
    moved = [one for one in found.values() if one.former_story_ids]
    assert [(one.id, one.story_epoch, one.former_story_ids) for one in moved] == [("202603-1", 1, ("story-202603-1",))]
    assert found["202603-2"].event is not None
    again = GroupStep(log.read)(
        [record(article(2, titles[2], both, START + timedelta(minutes=2)), START + timedelta(minutes=2))]
    )
    assert [decode(message, GroupedArticle).id for message in again[topics.GROUPED.name]] == ["202603-2", "202603-1"]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Fire at Latakia port", "A fire destroyed a cotton warehouse at Latakia port."),
        ("Пожар в порту Латакии", "Пожар уничтожил склад хлопка в порту Латакии."),
        ("حريق في مرفأ اللاذقية", "دمر حريق مستودعا للقطن في مرفأ اللاذقية."),
    ],
)
def test_the_enrich_step_signs_and_grouping_gives_the_same_without(title: str, text: str):
    """The signature travels in the article, stands in the document once, and is made where it lacks or is broken."""
    plain = article(1, title, text, START)
    message = encode(plain.article, key=plain.article.id, time=START)
    given = Record(topic=topics.ARTICLES.name, partition=0, offset=0, message=message)
    (made,) = enrich_step([given])[topics.ENRICHED.name]
    enriched = decode(made, EnrichedArticle)
    assert unpack(enriched.signature) is not None
    unsigned = replace(enriched, signature=b"")
    for other in (enriched, unsigned, replace(enriched, signature=enriched.signature[:-1])):
        (document,) = GroupStep(Log().read)([record(other, START)])[topics.GROUPED.name]
        found = decode(document, GroupedArticle)
        assert (found.signature, found.enriched) == (enriched.signature, unsigned)


def test_history_and_live_news_do_not_meet():
    """An article filled in from the past joins no live story."""
    log = Log()
    step = GroupStep(log.read)
    text = "A car bomb killed 12 people in the market of Azaz on Friday, rescuers said."
    run(step, log, [record(article(1, "Blast in Azaz", text, START), START)])
    run(step, log, [record(article(2, "Blast in Azaz", text, START, origin="backfill"), START)])
    assert {one.story_id for one in log.last().values()} == {"story-202603-1", "story-202603-2"}


def test_after_72_hours_the_same_words_are_another_story():
    """What comes later than the window begins a story of its own."""
    log = Log()
    step = GroupStep(log.read)
    text = "A car bomb killed 12 people in the market of Azaz on Friday, rescuers said."
    for number, hours in enumerate((0, 60, 90)):
        at = START + timedelta(hours=hours)
        run(step, log, [record(article(number, "Blast in Azaz", text, at), at)])
    assert len({one.story_id for one in log.last().values()}) == 2


def test_a_record_that_is_no_article_changes_nothing():
    """A batch with poison raises and leaves the state as the log has it."""
    log = Log()
    step = GroupStep(log.read)
    good = record(article(1, "Blast in Azaz", "A car bomb killed 12 people.", START), START)
    bad = Record(
        topic=topics.ENRICHED.name,
        partition=0,
        offset=2,
        message=Message(key=b"x", value=b"{", time=START, headers=good.message.headers),
    )
    with pytest.raises(CodecError):
        step([good, bad])
    assert len(run(step, log, [good])) == 1


# Two events in each language: what all reports of one say, then what each adds.
DRIFTED = {
    "en": (
        ("A fire destroyed a cotton warehouse at Latakia port, chief Nizar Sabbagh said.",
         "The blaze began before dawn near the third quay.", "Insurers count the bales that were lost.",
         "Neighbours saw black smoke above the harbour.", "Ships had to wait outside until evening."),
        ("Four coal wagons derailed near Chulym in Novosibirsk region, engineer Pavel Zorin said.",
         "Eleven passenger trains were late by hours.", "Cranes lift the damaged wheels off the track.",
         "An inspection found a cracked rail there.", "Villagers were offered buses for the journey.",
         "Repair crews from Tatarsk arrived overnight with sleepers, and traffic is to begin again on one track by noon."),
    ),
    "ru": (
        ("Пожар уничтожил склад хлопка в порту Латакии, сообщил начальник пожарных Низар Саббаг.",
         "Огонь вспыхнул перед рассветом у третьего причала.", "Страховщики считают потерянные кипы.",
         "Соседи видели чёрный дым над гаванью.", "Суда ждали на рейде до самого вечера."),
        ("Четыре вагона с углём сошли с рельсов у Чулыма под Новосибирском, сообщил инженер Павел Зорин.",
         "Одиннадцать пассажирских поездов опоздали на часы.", "Краны поднимают повреждённые колёса с путей.",
         "Проверка нашла там треснувший рельс.", "Жителям предложили автобусы для поездки.",
         "Ремонтные бригады из Татарска прибыли ночью со шпалами, движение по одному пути обещают открыть к полудню."),
    ),
    "ar": (
        ("دمر حريق مستودعا للقطن في مرفأ اللاذقية بحسب قائد الإطفاء نزار الصباغ.",
         "بدأت النيران قبل الفجر قرب الرصيف الثالث.", "تحصي شركات التأمين البالات المفقودة.",
         "شاهد الجيران دخانا أسود فوق الميناء.", "انتظرت السفن في عرض البحر حتى المساء."),
        ("خرجت أربع عربات فحم عن السكة قرب تشوليم في منطقة نوفوسيبيرسك بحسب المهندس بافل زورين.",
         "تأخر أحد عشر قطارا للركاب ساعات طويلة.", "ترفع الرافعات العجلات المتضررة عن الخط.",
         "كشف الفحص عن شق في القضيب هناك.", "عرضت على القرويين حافلات للسفر.",
         "وصلت فرق الإصلاح من تتارسك ليلا مع عوارض جديدة ومن المنتظر أن تعود الحركة على خط واحد عند الظهر."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", DRIFTED)
def test_a_story_that_has_become_two_is_split(language: str):
    """A story that the log holds of two events is parted by the next report of either: what moves comes again, above."""
    fire, train = DRIFTED[language]
    log = Log()
    reports = [(fire[0], one) for one in fire[1:]] + [(train[0], one) for one in train[1:]]
    last = len(reports) - 1
    made = [
        article(number, said, more if number == last else f"{said} {more}", START + timedelta(minutes=number))
        for number, (said, more) in enumerate(reports)
    ]
    for number, enriched in enumerate(made[:last]):
        document = GroupedArticle(enriched=enriched, story_id="story-202603-0")
        log.append([encode(document, key=document.id, time=START + timedelta(minutes=number))])
    newest = record(made[last], START + timedelta(minutes=last), last)
    step = GroupStep(log.read)
    messages = run(step, log, [newest])
    found = log.last()
    event = found[f"202603-{last}"].event
    assert event is not None
    assert (event.kind, event.from_story, event.to_story) == ("split", "story-202603-0", "story-202603-4")
    assert {i: one.story_id for i, one in found.items()} == {
        f"202603-{number}": f"story-202603-{0 if number < 4 else 4}" for number in range(last + 1)
    }
    moved = [decode(message, GroupedArticle) for message in messages[1:]]
    assert [(one.id, one.story_epoch, one.former_story_ids) for one in moved] == [
        (f"202603-{number}", 1, ("story-202603-0",)) for number in range(4, last)
    ]
    assert GroupStep(log.read)([newest])[topics.GROUPED.name] == messages
