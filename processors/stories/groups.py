"""Which story a report belongs to: one decision an article, as it comes, over the articles of the last 72 hours.

A report joins the story of its likeliest fellow if it is likely enough and the story as a whole agrees; a copy joins
its original. A report that belongs to two stories at once merges them if they agree among themselves; a story that has
doubled is looked at as a whole, and what has become two is split. Merges and splits are events that move articles: the
articles come out again with a higher epoch, what was said before stays as it was said.

All state follows from what was decided (`apply`), never from how: read back from the log it is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from zlib import crc32

import numpy as np
import numpy.typing as npt

from processors.stories.signature import Signature
from processors.stories.window import Window
from rasid.domain.change import StoryEvent

WINDOW_SECONDS = 72 * 3600.0
_JOIN = 0.0  # log odds from which two reports are one event
_MERGE = 0.8
_AGREE = -2.2  # mean log odds that the rest of a story must reach
_SMALL_STORY, _STRICTER = 8, 1.0  # beyond so many articles, each doubling asks for so much more agreement
_ONE = -3.2  # mean log odds between two stories that a report has shown to be one
_REPRESENTATIVES = 8
_MOST_MOVED = 200  # articles: larger stories stay apart
_FIRST_LOOK = 8  # articles of a story that is looked at for having become two, then at each doubling
_TWO = -3.0  # mean log odds between two halves that are two stories
_CLOSE = 1.0  # log odds that hold the articles of a half together
_FEWEST_OF_TWO = 3

Floats = npt.NDArray[np.float64]
Confirm = Callable[[str], bool]  # whether the text of an article held is a copy of the one that comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known of a report when it comes; times in seconds, `at` the event's (NaN: unknown), `seen` the log's."""

    id: str
    signature: Signature
    language: str
    at: float
    seen: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a report belongs, what it is a copy of, and the merge or split it brings about."""

    story_id: str
    copy_of: str | None = None
    event: StoryEvent | None = None


@dataclass(slots=True)
class Member:
    """An article of the window."""

    id: str
    slot: int
    story_id: str
    seen: float
    copy_of: str | None


@dataclass(slots=True)
class Groups:
    """The stories of the window. One thread at a time."""

    window: Window = field(default_factory=Window)
    members: dict[str, Member] = field(default_factory=dict)  # in the order they came, or came again
    stories: dict[str, dict[str, None]] = field(default_factory=dict)  # the ids of the articles of each
    latest: float = float("-inf")
    _by_slot: dict[int, str] = field(default_factory=dict)
    _ages: list[tuple[float, str]] = field(default_factory=list)  # a heap; what was seen again stands twice

    def expire(self, now: float) -> list[str]:
        """Let go what came more than 72 hours before the latest; give the ids."""
        self.latest = max(self.latest, now)
        gone = []
        while self._ages and self._ages[0][0] <= self.latest - WINDOW_SECONDS:
            seen, article_id = heappop(self._ages)
            held = self.members.get(article_id)
            if held and held.seen == seen:
                gone.append(article_id)
                self._remove(article_id)
        return gone

    def decide(self, one: Arrival, is_copy: Confirm) -> Decision:
        """Decide on a report that is not held. Deterministic; changes nothing."""
        candidates = self.window.candidates(one.signature.features)
        if original := self._original(one, candidates, is_copy):
            mine = original.story_id if self._is_open(original.story_id, one.at) else story_id(one.id)
            return Decision(story_id=mine, copy_of=original.copy_of or original.id)
        fellows = self._fellows(one, candidates)
        if not fellows:
            return Decision(story_id=story_id(one.id))
        best = next((story for story, odds in fellows if odds >= _JOIN and self._agrees(one, story)), None)
        if best is None:
            return Decision(story_id=story_id(one.id))
        for other, odds in fellows:
            if other != best and odds >= _MERGE and self._are_one(best, other):
                stays, goes = sorted(
                    (best, other), key=lambda story: (-len(self.stories[story]), self._began(story), story)
                )
                return Decision(story_id=stays, event=self._moved("merge", goes, stays, list(self.stories[goes])))
        event = self._split(best)
        mine = event.to_story if event and self._nearest(one, candidates) in event.article_ids else best
        return Decision(story_id=mine, event=event)

    def apply(self, one: Arrival, decision: Decision) -> None:
        """Take a report and what was decided on it into the state."""
        self._remove(one.id)
        slot = self.window.add(one.signature, crc32(one.language.encode()), one.at, original=decision.copy_of is None)
        self.members[one.id] = Member(one.id, slot, decision.story_id, one.seen, decision.copy_of)
        self._by_slot[slot] = one.id
        self.stories.setdefault(decision.story_id, {})[one.id] = None
        heappush(self._ages, (one.seen, one.id))
        if decision.event:
            for article_id in decision.event.article_ids:
                self._move(article_id, decision.event.to_story)

    def _move(self, article_id: str, target: str) -> None:
        held = self.members.get(article_id)
        if held is None or held.story_id == target:
            return
        source = self.stories[held.story_id]
        del source[article_id]
        if not source:
            del self.stories[held.story_id]
        held.story_id = target
        self.stories.setdefault(target, {})[article_id] = None

    def _remove(self, article_id: str) -> None:
        held = self.members.pop(article_id, None)
        if held is None:
            return
        self.window.remove(held.slot)
        del self._by_slot[held.slot]
        story = self.stories[held.story_id]
        del story[article_id]
        if not story:
            del self.stories[held.story_id]

    def _original(self, one: Arrival, candidates: list[int], is_copy: Confirm) -> Member | None:
        """Find the text that a report repeats: the oldest; of several copies of one, one look is enough."""
        looked: set[str] = set()
        for slot in self.window.alike(one.signature.sketch, candidates):
            held = self.members[self._by_slot[slot]]
            root = held.copy_of or held.id
            if held.id == one.id or root in looked or not self._near(one.at, slot):
                continue
            looked.add(root)
            if is_copy(held.id):
                return held
        return None

    def _near(self, at: float, slot: int) -> bool:
        return not abs(at - float(self.window.time(np.array([slot]))[0])) > WINDOW_SECONDS

    def _fellows(self, one: Arrival, candidates: list[int]) -> list[tuple[str, float]]:
        """Give the open stories of the candidates with the odds of the likeliest report of each, best first."""
        slots = np.array([slot for slot in candidates if self._by_slot[slot] != one.id], dtype=np.int64)
        slots = slots[~(np.abs(self.window.time(slots) - one.at) > WINDOW_SECONDS)]
        if not len(slots):
            return []
        odds = self.window.compare(one.signature.features, crc32(one.language.encode()), one.at, slots)
        best: dict[str, float] = {}
        for slot, value in zip(slots.tolist(), odds.tolist(), strict=True):
            story = self.members[self._by_slot[slot]].story_id
            best[story] = max(value, best.get(story, value))
        found = [(story, value) for story, value in best.items() if self._is_open(story, one.at)]
        return sorted(found, key=lambda item: (-item[1], item[0]))

    def _nearest(self, one: Arrival, candidates: list[int]) -> str:
        odds = self.window.compare(one.signature.features, crc32(one.language.encode()), one.at, np.array(candidates))
        return self._by_slot[candidates[int(odds.argmax())]]

    def _is_open(self, story: str, at: float) -> bool:
        """Tell whether a story still takes reports: for 72 hours from its first."""
        first = self.members.get(story.removeprefix(_PREFIX))
        return first is not None and self._near(at, first.slot)

    def _began(self, story: str) -> float:
        first = self.members.get(story.removeprefix(_PREFIX))
        return first.seen if first else float("inf")

    def _originals(self, story: str) -> list[Member]:
        return [one for article_id in self.stories[story] if (one := self.members[article_id]).copy_of is None]

    def _representatives(self, story: str) -> list[int]:
        """Give the slots of the first report and of others spread over the story."""
        originals = self._originals(story)
        step = max(1.0, len(originals) / _REPRESENTATIVES)
        return [originals[int(at * step)].slot for at in range(min(len(originals), _REPRESENTATIVES))]

    def _agrees(self, one: Arrival, story: str) -> bool:
        slots = self._representatives(story)
        if not slots:
            return True
        odds = self.window.compare(one.signature.features, crc32(one.language.encode()), one.at, np.array(slots))
        return float(_bounded(odds).mean()) >= _AGREE + _asked(len(self.stories[story]))

    def _are_one(self, story: str, other: str) -> bool:
        if min(len(self.stories[story]), len(self.stories[other])) > _MOST_MOVED:
            return False
        odds = self._between(self._representatives(story), self._representatives(other))
        return odds.size > 0 and float(odds.mean()) >= _ONE + _asked(
            len(self.stories[story]) + len(self.stories[other])
        )

    def _between(self, some: Sequence[int], others: Sequence[int]) -> Floats:
        if not some or not others:
            return np.zeros((0, 0))
        slots = np.array(others)
        rows = [self.window.compare_held(slot, slots) for slot in some]
        return _bounded(np.array(rows))

    def _split(self, story: str) -> StoryEvent | None:
        """Look at a story that has doubled; move what has become another."""
        originals = self._originals(story)
        size = len(originals)
        if size < _FIRST_LOOK or size > _MOST_MOVED or size & (size - 1):
            return None
        slots = [one.slot for one in originals]
        odds = self._between(slots, slots)
        first, second = _halves(np.maximum(odds, odds.T))
        if min(len(first), len(second)) < _FEWEST_OF_TWO or float(odds[np.ix_(first, second)].mean()) > _TWO:
            return None
        if originals[0].id != story.removeprefix(_PREFIX):
            return None
        going = {originals[at].id for at in second}
        moved = [i for i in self.stories[story] if i in going or self.members[i].copy_of in going]
        return self._moved("split", story, story_id(originals[second[0]].id), moved)

    @staticmethod
    def _moved(kind: str, source: str, target: str, ids: Iterable[str]) -> StoryEvent:
        return StoryEvent(
            kind="merge" if kind == "merge" else "split", from_story=source, to_story=target, article_ids=tuple(ids)
        )


_PREFIX = "story-"


def story_id(article_id: str) -> str:
    """Give the id of the story that an article begins."""
    return f"{_PREFIX}{article_id}"


def _asked(size: int) -> float:
    """Give how much more agreement a story of `size` articles asks for than a small one."""
    return _STRICTER * max(0.0, math.log2(max(size, 1) / _SMALL_STORY))


def _bounded(odds: Floats) -> Floats:
    return np.clip(odds, -6.0, 6.0)


def _halves(odds: Floats) -> tuple[list[int], list[int]]:
    """Part articles in two: what hangs together with the first by close links, and the largest other such part.

    The rest goes to the part it is nearer to.
    """
    parts = _parts(odds >= _CLOSE)
    first = parts[0]
    second = max(parts[1:], key=lambda part: (len(part), -part[0]), default=[])
    if not second:
        return first, []
    for part in parts[1:]:
        if part is second:
            continue
        for at in part:
            nearer = first if odds[at, first].mean() >= odds[at, second].mean() else second
            nearer.append(at)
    return sorted(first), sorted(second)


def _parts(linked: npt.NDArray[np.bool_]) -> list[list[int]]:
    left, parts = set(range(len(linked))), []
    while left:
        part, queue = [], [min(left)]
        left.discard(queue[0])
        while queue:
            at = queue.pop()
            part.append(at)
            near = [other for other in np.nonzero(linked[at])[0].tolist() if other in left]
            left.difference_update(near)
            queue += near
        parts.append(sorted(part))
    return parts
