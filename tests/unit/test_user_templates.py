"""Templates of people: what they may do, what they may not reach, and what they may cost."""

from __future__ import annotations

import pytest
from alert_makers import alert

from rasid.app.delivery.receivers import JsonlTarget, Receiver
from rasid.app.delivery.render import render, values_of
from rasid.app.delivery.user_templates import LONGEST_OUTPUT, Template, fill
from rasid.domain.errors import NotifyError
from rasid.domain.rule import Wording

VALUES = values_of(alert(language="ar"), "ar")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ rule_name }}: {{ title }}", "Russia and Syria: شويغو يبحث مع الأسد الوضع في سوريا"),
        (
            "{% for a in articles %}{{ loop.index }}. {{ a.source }} {{ a.url }}{% endfor %}",
            "1. سانا https://example.com/1",
        ),
        ("{% for w in why %}{{ w.words | join('، ') }}{% endfor %}", "شويغو، الأسد"),
        ("{% if level == 'high' %}!{% else %}{{ count + 1 }}{% endif %}", "2"),
        ("{{ title[:5] ~ '…' if title | length > 5 }}", "شويغو…"),
        ("{{ нет | default('пусто') }}", "пусто"),
        ("<b>{{ '&' }}</b>", "<b>&</b>"),
    ],
)
def test_fields_conditions_and_loops(text: str, made: str) -> None:
    """A template sees the alert's fields in any script, with conditions, loops and harmless filters."""
    assert Template(text).render(VALUES) == made


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ title.__class__ }}", "`.__class__` may not be reached"),
        ("{{ title['__class__'] }}", "may not be reached"),
        ("{{ title | attr('__class__') }}", "the filter 'attr' may not be used"),
        ("{{ ''.join(title) }}", "calls may not be used"),
        ("\n\n{{ title.upper() }}", "line 3: calls"),
        ("{{ self._TemplateReference__context }}", "may not be reached"),
        ("{{ 'a' * 1000000000 }}", "multiplication may not be used"),
        ("{{ 9 ** 999999999 }}", "powers may not be used"),
        ("{{ '%1000000000d' % 1 }}", "% operator may not be used"),
        ("{{ '{:1000000000}' | format(1) }}", "the filter 'format' may not be used"),
        ("{{ title | center(1000000000) }}", "the filter 'center' may not be used"),
        ("{{ articles | join(title) }}", "separator in quotes"),
        ("{% set x = title %}", "set may not be used"),
        ("{% include 'x' %}", "include may not be used"),
        ("{% import 'x' as y %}", "import may not be used"),
        ("{% macro x() %}{% endmacro %}", "macros may not be used"),
        ("{% for i in range(1000000000) %}{% endfor %}", "may not be used|may go over"),
        ("{% for c in title %}{% for d in title %}{% endfor %}{% endfor %}", "may go over alerts, articles"),
        (
            "{% for a in articles %}{% for b in a.why %}{% for c in b.words %}{% endfor %}{% endfor %}{% endfor %}",
            "2 deep",
        ),
        ("{% for words in why %}{% for c in words %}{% endfor %}{% endfor %}", "one name that is none of"),
        ("{% for a in articles recursive %}{% endfor %}", "not recursive"),
        ("{{ title", "no Jinja: .*line 1"),
        ("{% if %}", "no Jinja"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "."),
        ("ا" * 10_001, "10000 characters"),
    ],
)
def test_what_is_not_allowed_is_a_clear_error(text: str, words: str) -> None:
    """Reaching inside, running long or growing large is refused when the template is read, with its line."""
    with pytest.raises(NotifyError, match=words):
        Template(text)


def test_the_output_is_cut() -> None:
    """The longest data through the longest template stay bounded."""
    values = {"alerts": [{"title": "ш" * 1000}] * 50}
    made = Template(
        "{% for a in alerts %}{% for b in alerts %}" + "{{ b.title }}" * 500 + "{% endfor %}{% endfor %}"
    ).render(values)
    assert len(made) == LONGEST_OUTPUT + 1


@pytest.mark.parametrize(
    ("text", "args", "made"),
    [
        ("{0} от {1}", ("title", "source"), f"{VALUES['title']} от سانا"),
        ("{title}", (), VALUES["title"]),
        ("{9} {nothing}", ("title",), "<missing value> <missing value>"),
        ("{0.__class__} {title.__class__}", ("title",), "{0.__class__} {title.__class__}"),
        ("{0:1000000000}", ("title",), "{0:1000000000}"),
        ("100 {} %s", (), "100 <missing value> %s"),
    ],
)
def test_elastalerts_placeholders(text: str, args: tuple[str, ...], made: str) -> None:
    """{0} is the first of the args' fields, {name} a field; nothing else is looked at."""
    assert fill(text, args, VALUES) == made


def test_a_rules_author_words_its_alerts() -> None:
    """alert_subject and alert_text are used as ElastAlert does, and with Jinja where the rule says so."""
    receiver = Receiver(name="desk", target=JsonlTarget(None), language="ru")
    plain = Wording(
        alert_subject="Внимание: {0}", alert_subject_args=("title",), alert_text="{0}!", alert_text_args=("source",)
    )
    jinja = Wording(alert_text="{% for a in articles %}{{ a.source }}؛{% endfor %}", alert_text_type="alert_text_jinja")
    made = render(receiver, [alert(language="ru")], id_="1", at=alert().created_at, wording=lambda _: plain)
    assert (made.subject, made.text) == (f"Внимание: {alert(language='ru').title}", "ТАСС!")
    assert "ТАСС!" in made.html
    made = render(receiver, [alert(language="ru")], id_="1", at=alert().created_at, wording=lambda _: jinja)
    assert made.text == "ТАСС؛"


def test_a_template_that_fails_loses_no_alert() -> None:
    """A template that cannot be filled in gives way to our own wording."""
    wording = Wording(alert_text="{{ title + 1 }}", alert_text_type="alert_text_jinja")
    receiver = Receiver(name="desk", target=JsonlTarget(None))
    made = render(receiver, [alert()], id_="1", at=alert().created_at, wording=lambda _: wording)
    assert alert().title in made.text
