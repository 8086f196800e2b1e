"""What is documented is there, and what is there is documented."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from rasid.app.cli.main import build
from rasid.settings import Settings

DOCS = Path(__file__).parent.parent.parent / "docs"


def commands(command: Any, name: str) -> list[str]:
    """Give the full names of a command's leaves."""
    children = getattr(command, "commands", {})
    return [leaf for child, inner in children.items() for leaf in commands(inner, f"{name} {child}")] or [name]


def test_every_command_is_documented() -> None:
    """docs/commands.md names each command there is."""
    text = (DOCS / "commands.md").read_text("utf-8")
    names = commands(typer.main.get_command(build()), "rasid")
    assert len(names) > 20
    missing = [name for name in names if f"`{name}" not in text]
    assert missing == []


def test_every_command_has_help() -> None:
    """--help says in a sentence what a command does."""
    root: Any = typer.main.get_command(build())
    assert [name for name, command in root.commands.items() if not command.help] == []


def test_every_setting_is_documented() -> None:
    """docs/settings.md names each setting there is."""
    text = (DOCS / "settings.md").read_text("utf-8")
    assert [one.name for one in fields(Settings) if f"`{one.name}`" not in text] == []


def test_links_between_documents_lead_somewhere() -> None:
    """No relative link of a page is broken."""
    root = DOCS.parent
    for page in [*root.glob("*.md"), *DOCS.rglob("*.md")]:
        for link in _links(page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.relative_to(root)}: {link}"


def _links(text: str) -> list[str]:
    targets = [part.split(")", 1)[0] for part in text.split("](")[1:]]
    return [target.split("#")[0] for target in targets if "://" not in target and target.split("#")[0]]
