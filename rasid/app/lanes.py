"""Live news and history through one stage: each by its own step, and what comes of history stays beside live news."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from processors.pipeline import GroupStep
from rasid.codec import carried, decode, encode
from rasid.domain import topics
from rasid.domain.article import EnrichedArticle, GroupedArticle
from rasid.ports import Bus, Message, Outputs, Record, Step

# As the codec writes it; quotes inside a text are escaped, so it stands nowhere else.
_REPLAYED = b'"origin":"replay"'


def by_lane(live: Step, history: Step) -> Step:
    """Give the step that keeps the two apart: the state of `live` never sees what `history` takes."""

    def step(records: Sequence[Record]) -> Outputs:
        made: dict[str, list[Message]] = {}
        for lane in (live, history):
            taken = [record for record in records if topics.is_history(record.topic) == (lane is history)]
            if not taken:
                continue
            for topic, messages in lane(taken).items():
                made.setdefault(topics.onward(taken[0].topic, topic), []).extend(messages)
        return made

    return step


def group_step(bus: Bus) -> tuple[Step, Callable[[], int]]:
    """Give the step that joins reports to stories, and what makes it fold its state from the log anew."""

    def reading(topic: str) -> GroupStep:
        def read_back(since: datetime) -> Iterator[Record]:
            # What was replayed stands in the history topic with a story that the index does not take.
            return (record for record in bus.read(topic, since=since) if _REPLAYED not in record.message.value)

        return GroupStep(read_back)

    live, history = reading(topics.GROUPED.name), reading(topics.BACKFILL_GROUPED.name)

    def forget() -> int:
        live.forget()
        history.forget()
        return 0

    return by_lane(live, history_group_step(history)), forget


def history_group_step(backfill: Step) -> Step:
    """Give the step that groups history: back-fill by `backfill`, among itself; what is replayed was grouped before.

    A replayed article gets a story of its own here, and the index keeps the one it has (rasid.app.stages).
    """

    def step(records: Sequence[Record]) -> Outputs:
        made: dict[str, list[Message]] = {}
        fresh: list[Record] = []
        for record in records:
            enriched = decode(record.message, EnrichedArticle)
            if enriched.article.origin != "replay":
                fresh.append(record)
                continue
            one = GroupedArticle(enriched=enriched, story_id=f"story-{enriched.article.id}")
            message = encode(one, key=one.id, time=record.message.time)
            made.setdefault(topics.GROUPED.name, []).append(message)
        for topic, messages in backfill(fresh).items() if fresh else ():
            made.setdefault(topic, []).extend(messages)
        return carried(records, made)

    return step
