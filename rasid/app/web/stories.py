"""The page of a story: its languages side by side, its timeline, who was first, copies folded, differences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from processors.stories.disagreements import disagreements
from rasid.app.web.context import WebContext
from rasid.domain.article import GroupedArticle
from rasid.domain.query import Value
from rasid.domain.story import doubts, story_of, told_at

_MOST_SHOWN = 500


class StoryPages:
    """Answers requests for stories; `page` makes a page of a template."""

    def __init__(self, context: WebContext, page: Callable[..., HTMLResponse]) -> None:
        self._context = context
        self._page = page

    def story(self, request: Request, story_id: str) -> Response:
        """Show a story; the address of one that was merged away leads to where it went."""
        documents = self._documents(Value("story_id", (story_id,), story_id))
        if not documents:
            moved = self._documents(Value("former_story_ids", (story_id,), story_id))
            if not moved:
                raise HTTPException(404, "There is no such story (any more).")
            return RedirectResponse(f"/stories/{moved[-1].story_id}", 307)
        story = story_of(documents)
        copies: defaultdict[str, list[GroupedArticle]] = defaultdict(list)
        for one in documents:
            if one.copy_of is not None:
                copies[one.copy_of].append(one)
        shown = {one.id for one in documents if one.copy_of is None}
        originals = [one for one in documents if one.copy_of is None or one.copy_of not in shown]
        languages = dict.fromkeys((*story.titles, *story.languages))
        return self._page(
            request,
            "story.html",
            story=story,
            columns={language: [o for o in originals if o.enriched.language == language] for language in languages},
            copies=copies,
            documents={one.id: one for one in documents},
            told_at=lambda one: told_at(one.enriched.article),
            doubts=lambda one: [doubt for doubt in doubts(one.enriched.article) if doubt != "absent"],
            disagreements=disagreements(documents),
            changes=[one for one in documents if one.change is not None],
            more=len(documents) >= _MOST_SHOWN,
        )

    def _documents(self, query: Value) -> Sequence[GroupedArticle]:
        return list(islice(self._context.index.scan(query), _MOST_SHOWN))
