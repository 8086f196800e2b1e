"""What became different: in an article between two of its revisions, and among stories when one was two or two one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ChangeKind = Literal["facts", "withdrawn"]
StoryEventKind = Literal["merge", "split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a revision says otherwise than the revision before it: other numbers, names or places, or nothing any more.

    `text` shows the difference to a person, one a line: "12 → 30 killed".
    """

    kind: ChangeKind
    before_revision: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvent:
    """Articles that went from one story to another when a report showed that two stories are one, or one two.

    What was decided before stays as it is in the log: the articles follow as documents with a higher story epoch.
    """

    kind: StoryEventKind
    from_story: str
    to_story: str
    article_ids: tuple[str, ...]
