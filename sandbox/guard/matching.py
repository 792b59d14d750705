"""Wildcards, ARNs and policy variables, as IAM reads them. Pure.

Source: IAM User Guide, JSON policy elements: Action, Resource, Condition operators, Variables.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

Context = Mapping[str, Sequence[str]]

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*": "*", "?": "?", "$": "$"}
# A character that no policy and no request holds stands for a literal one until the match is made.
_ESCAPED = {"*": "\ue000", "?": "\ue001"}


class MissingVariableError(LookupError):
    """A policy variable whose key the request does not have, and which names no default."""


def matches(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    """Match a whole text against a pattern with ``*`` (any, also none) and ``?`` (exactly one)."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


def matches_action(pattern: str, action: str) -> bool:
    """Match ``service:Operation``; IAM's actions know no case."""
    return matches(pattern, action, ignore_case=True)


def matches_arn(pattern: str, arn: str) -> bool:
    """Match an ARN part by part, so that a ``*`` never reaches over a colon of the first five.

    A lone ``*`` is every resource, also one that has no ARN.
    """
    if pattern == "*":
        return True
    wanted, parts = pattern.split(":", _ARN_PARTS - 1), arn.split(":", _ARN_PARTS - 1)
    if len(wanted) != _ARN_PARTS or len(parts) != _ARN_PARTS:
        return False
    return all(matches(one, part) for one, part in zip(wanted, parts, strict=True))


def substitute(text: str, context: Context) -> str:
    """Put the request's values in the place of ``${key}``; what they hold is taken literally.

    :raises MissingVariableError: the request has no such key, or more than one value of it.
    """

    def value_of(match: re.Match[str]) -> str:
        name, _, default = (part.strip() for part in match[1].partition(","))
        if name in _LITERALS:
            return _escape(_LITERALS[name])
        values = context.get(name.lower(), ())
        if len(values) == 1:
            return _escape(values[0])
        if not values and default:
            return _escape(default.strip("'"))
        raise MissingVariableError(f"the request has {len(values)} values of {name}, 1 is needed")

    return _VARIABLE.sub(value_of, text)


def literal(pattern: str) -> str:
    """Return a substituted text as it is compared where wildcards mean nothing."""
    for character, stand_in in _ESCAPED.items():
        pattern = pattern.replace(stand_in, character)
    return pattern


def _escape(text: str) -> str:
    for character, stand_in in _ESCAPED.items():
        text = text.replace(character, stand_in)
    return text


@lru_cache(maxsize=4096)
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    translated = "".join({"*": ".*", "?": "."}.get(one) or re.escape(one) for one in pattern)
    for character, stand_in in _ESCAPED.items():
        translated = translated.replace(re.escape(stand_in), re.escape(character))
    return re.compile(translated, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
