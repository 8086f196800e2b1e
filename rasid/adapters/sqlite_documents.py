"""How a document lies in the SQLite index: its row, its terms, its values, and the way back."""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import Any

from rasid.adapters.sqlite_query import micros
from rasid.codec import decode_body, encode_body
from rasid.domain.article import Entity, GroupedArticle, Names, Place, Terms
from rasid.domain.values import values_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS docs (
  rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
  first_seen INTEGER NOT NULL, published INTEGER, story TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS docs_newest ON docs (first_seen, id, story);
CREATE INDEX IF NOT EXISTS docs_story ON docs (story, first_seen, id);
CREATE INDEX IF NOT EXISTS docs_published ON docs (published);
CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5 (
  title, text, tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'");
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5vocab (terms, row);
CREATE TABLE IF NOT EXISTS facets (
  doc INTEGER NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (doc, field, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS presence (
  doc INTEGER NOT NULL, id TEXT NOT NULL, sentence INTEGER NOT NULL, PRIMARY KEY (doc, id, sentence)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS presence_id ON presence (id, doc, sentence);
CREATE TABLE IF NOT EXISTS labels (value TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS facets_value ON facets (field, value, doc);
"""
COLUMNS = "docs.id, docs.first_seen, docs.body, terms.title, terms.text"
DOCUMENT = f"{COLUMNS} FROM docs JOIN terms ON terms.rowid = docs.rowid"
# Facets go by what a person reads, the stored fields by what they hold.
FACET_FIELDS = {"person": "person_ids", "org": "org_ids", "place": "place_ids", "keyword": "keywords"}


def store(db: sqlite3.Connection, document: GroupedArticle) -> None:
    """Write a document unless the one held has the same or a higher version."""
    held = db.execute("SELECT rowid, version FROM docs WHERE id = ?", (document.id,)).fetchone()
    if held and held[1] >= document.version:
        return
    rowid = held[0] if held else None
    rowid = _put(db, document, rowid)
    values = [(rowid, field, value) for field, found in values_of(document).items() for value in found]
    db.executemany("INSERT OR IGNORE INTO facets VALUES (?, ?, ?)", values)
    stands = [(rowid, one.id, sentence) for one in document.enriched.presence for sentence in one.sentences]
    db.executemany("INSERT OR IGNORE INTO presence VALUES (?, ?, ?)", stands)
    named: list[Entity | Place] = [*document.enriched.entities, *document.enriched.places]
    db.executemany(
        "INSERT INTO labels VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET label = excluded.label WHERE label <> excluded.label",
        [(thing.id, name) for thing in named if (name := _label(thing.name))],
    )


def read_document(row: dict[str, Any]) -> GroupedArticle:
    """Give the document of a row with COLUMNS, equal to what was stored."""
    document = decode_body(row["body"], GroupedArticle)
    enriched = dataclasses.replace(document.enriched, terms=Terms(title=row["title"], text=row["text"]))
    return dataclasses.replace(document, enriched=enriched)


def rows_of(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """Give rows by column name."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _put(db: sqlite3.Connection, document: GroupedArticle, rowid: int | None) -> int:
    article, terms = document.enriched.article, document.enriched.terms
    # The terms lie in their own table: once is enough.
    bare = dataclasses.replace(document, enriched=dataclasses.replace(document.enriched, terms=Terms()))
    published = micros(article.published_at) if article.published_at else None
    f"{terms.title}{terms.text}".encode()  # what cannot be stored must fail before anything is
    seen = micros(article.first_seen_at)
    values = (document.id, document.version, seen, published, document.story_id, encode_body(bare))
    if rowid is None:
        new = db.execute(
            "INSERT INTO docs (id, version, first_seen, published, story, body) VALUES (?, ?, ?, ?, ?, ?)", values
        ).lastrowid
        db.execute("INSERT INTO terms (rowid, title, text) VALUES (?, ?, ?)", (new, terms.title, terms.text))
        return int(new or 0)
    db.execute(
        "UPDATE docs SET id = ?, version = ?, first_seen = ?, published = ?, story = ?, body = ? WHERE rowid = ?",
        (*values, rowid),
    )
    db.execute("UPDATE terms SET title = ?, text = ? WHERE rowid = ?", (terms.title, terms.text, rowid))
    db.execute("DELETE FROM facets WHERE doc = ?", (rowid,))
    db.execute("DELETE FROM presence WHERE doc = ?", (rowid,))
    return rowid


def _label(name: Names) -> str | None:
    return name.en or name.ar or name.ru
