"""The templates with what they may call."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

import rasid
from rasid.app.web import labels, links, marks


def templates() -> Environment:
    """Make the template environment: everything is escaped, and a missing value is a failure."""
    made = Environment(
        loader=PackageLoader("rasid.app.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        direction=labels.direction,
        language_tag=labels.language_tag,
        label=labels.label,
        filter_label=labels.filter_label,
        moment=labels.moment,
        name_of=labels.name_of,
        read_note=labels.read_note,
        facet_titles=labels.FACET_TITLES,
        entity_types=labels.ENTITY_TYPES,
        date_flags=labels.DATE_FLAGS,
        text_origins=labels.TEXT_ORIGINS,
        web_link=links.web_link,
        shown_address=links.shown_address,
        hit_pieces=marks.hit_pieces,
        snippet=marks.snippet,
        version=rasid.__version__,
    )
    return made
