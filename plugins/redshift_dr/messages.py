"""Messages to people: made by a Jinja file, within what SNS accepts."""

from collections.abc import Mapping
from logging import Logger
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

SUBJECT_LIMIT = 99
"""SNS: a subject is ASCII without line breaks, fewer than 100 characters."""


def render_message(template: Path, facts: Mapping[str, Any], log: Logger) -> str:
    """The message, by the template or in plain text.

    A missing or broken template falls back to plain text, since a message that does not arrive is
    worse than an ugly one.

    :param facts: the template's variables.
    """
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        return environment.from_string(template.read_text(encoding="utf-8")).render(facts)
    except (TemplateError, OSError, TypeError, ValueError, AttributeError, LookupError) as error:
        log.error("Template %s failed, plain text is sent: %s", template, error)
        return plain_text(facts)


def plain_text(facts: Mapping[str, Any]) -> str:
    """The message without a template."""
    return "\n".join(f"{name}: {value}" for name, value in facts.items())


def subject(text: str) -> str:
    """A text as a subject that SNS accepts."""
    printable = "".join(letter if " " <= letter <= "~" else "?" for letter in text)
    return printable[:SUBJECT_LIMIT]
