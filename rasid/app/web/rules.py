"""The pages on rules: which there are, and an editor with a preview on history. They work without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from rasid.app.delivery.words import LANGUAGES, OWN_NAMES
from rasid.app.rules_desk import Preview, RuleDesk
from rasid.app.rules_lint import Finding, Looked
from rasid.app.rules_trial import said
from rasid.app.rules_writing import NEW, changed, form_of, with_id
from rasid.app.rules_writing import Form as RuleForm
from rasid.app.web import security
from rasid.app.web.alerts import ShowPage, language_of
from rasid.app.web.context import WebContext
from rasid.app.web.rules_words import word
from rasid.app.web.templating import templates
from rasid.domain.alert import Alert
from rasid.domain.delivery import Language
from rasid.domain.errors import InputError, StoreError
from rasid.domain.judgement import Precision
from rasid.domain.rule import Rule

LEVELS = ("low", "normal", "high")
_MOST_SAID = 3
_MOST_CHARACTERS = 256_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the editor's form sends: the fields of the form, or (`mode` text) the whole file."""

    file: str
    version: str
    mode: str
    base: str
    text: str
    id: str
    form: RuleForm

    def yaml(self) -> str:
        """Give the file as it is to be. Raises InputError where the form cannot say it."""
        if len(self.text) + len(self.base) + len(self.form.query) > 2 * _MOST_CHARACTERS:
            raise InputError("a rule file has at most 256 kB")
        if self.mode == "text":
            return self.text.replace("\r\n", "\n")
        base = self.base.replace("\r\n", "\n") or NEW
        text = changed(base, self.form)
        return text if self.file or not self.id else with_id(text, self.id)


async def sent(request: Request) -> tuple[str, str, Sent]:
    """Read the form: the token, the language, and what was sent."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    fields = RuleForm(
        name=" ".join(given.get("name", "").split()),
        query=" ".join(given.get("q", "").split()),
        level=given.get("level", "normal"),
        per=given.get("per", "article"),
        enabled=bool(given.get("enabled")),
    )
    found = Sent(
        file=given.get("file", ""),
        version=given.get("version", ""),
        mode=given.get("mode", "form"),
        base=given.get("base", ""),
        text=given.get("text", ""),
        id=given.get("id", "").strip(),
        form=fields,
    )
    return given.get("token", ""), given.get("lang", ""), found


Given = Annotated[tuple[str, str, Sent], Depends(sent)]


class RulePages:
    """Answers requests for the list of rules and the editor."""

    def __init__(self, context: WebContext, page: ShowPage) -> None:
        self._context = context
        self._page = page
        self._templates = templates()

    def list(self, request: Request, saved: str = "") -> HTMLResponse:
        """Show the rules, broken files first."""
        language = self._language(request)
        return self._page(request, "rules.html", rows=self._desk().rows(), saved=saved, **self._common(language))

    def edit(self, request: Request, file: str = "", mode: str = "form") -> HTMLResponse:
        """Show the editor with a rule's file, or a new one."""
        try:
            text, version = self._desk().text(file) if file else (NEW, "")
        except InputError as error:
            raise HTTPException(404, str(error)) from error
        return self._editor(request, self._language(request), file=file, version=version, text=text, mode=mode)

    def preview(self, request: Request, given: Given) -> HTMLResponse:
        """Say what is to be said of the rule as typed, and what it would have done: a piece of the editor."""
        token, lang, found = given
        _check_token(request, token)
        language, preview, yaml = self._language(request, lang), None, ""
        try:
            yaml = found.yaml()
            looked = self._desk().look(yaml, found.file)
            preview = self._desk().preview(looked.rule) if looked.rule else None
        except (InputError, StoreError) as error:
            looked = Looked(rule=None, findings=(Finding(line=1, kind="error", text=str(error)),))
        html = self._templates.get_template("_rule_found.html").render(
            findings=looked.findings,
            rule=looked.rule,
            preview=preview,
            yaml=yaml if found.mode == "form" else "",
            **self._common(language),
        )
        return HTMLResponse(html.encode(errors="replace"), headers={"cache-control": "no-store"})

    def save(self, request: Request, given: Given) -> Response:
        """Write the rule's file, and go back to the list; with what is wrong, the editor stays."""
        token, lang, found = given
        _check_token(request, token)
        language = self._language(request, lang)
        try:
            text = found.yaml()
        except InputError as error:
            return self._again(request, language, found, found.text or found.base, str(error))
        try:
            file = self._desk().save(text, found.file, found.version)
        except InputError as error:
            return self._again(request, language, found, text, str(error))
        return RedirectResponse(f"/rules?{urlencode({'saved': file, 'lang': language})}", 303)

    def _again(self, request: Request, language: Language, found: Sent, text: str, error: str) -> HTMLResponse:
        response = self._editor(
            request, language, file=found.file, version=found.version, text=text, mode=found.mode, error=error
        )
        response.status_code = 422
        return response

    def _editor(
        self, request: Request, language: Language, *, file: str, version: str, text: str, mode: str, error: str = ""
    ) -> HTMLResponse:
        form = form_of(text)
        looked = self._desk().look(text, file) if file or error else None
        return self._page(
            request,
            "rule_edit.html",
            file=file,
            edition=version,  # `version` is the program's, in the footer
            text=text,
            form=form,
            mode="form" if mode == "form" and form else "text",
            only_text=form is None,
            error=error,
            rule_id=looked.rule.id if looked and looked.rule else "new-rule",
            levels=LEVELS,
            findings=looked.findings if looked else (),
            preview=None,
            yaml="",
            **self._common(language),
        )

    def _common(self, language: Language) -> dict[str, object]:
        return {
            "t": lambda key, *values: word(key, language, *values),
            "ui": language,
            "languages": [(one, OWN_NAMES[one]) for one in LANGUAGES],
            "address": lambda path, **more: f"{path}?{urlencode({**more, 'lang': more.get('lang', language)})}",
            "shown_precision": lambda found: shown_precision(found, language),
            "said": said_first,
        }

    def _language(self, request: Request, given: str = "") -> Language:
        accepted = request.headers.get("accept-language", "")
        return language_of(given or request.query_params.get("lang", ""), accepted)

    def _desk(self) -> RuleDesk:
        if self._context.rules is None:
            raise HTTPException(404, "This page has no rules.")
        return self._context.rules


def said_first(preview: Preview, rule: Rule) -> list[str]:
    """Give what the newest alerts would have said."""
    alerts: list[Alert] = preview.report.shown_alerts()[-_MOST_SAID:]
    return [said(alert, rule) for alert in reversed(alerts)]


def shown_precision(found: Precision | None, language: Language) -> str:
    """Write a rule's measured precision with its interval."""
    if found is None or found.share is None:
        return word("not_judged", language)
    low, high = found.interval
    judged = found.right + found.wrong
    return word("precision", language, f"{found.share * 100:.0f}", f"{low * 100:.0f}", f"{high * 100:.0f}", judged)


def _check_token(request: Request, token: str) -> None:
    if not security.has_token(request, token):
        raise HTTPException(403, "This form is stale: go back, load the page again, and send it once more.")
