"""Rules of composite alarms: ``ALARM(a) AND NOT (OK("b") OR TRUE)``. Pure.

Source: PutCompositeAlarm of the service model (AlarmRule).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|"
    r"'(?P<single>[^']+)'|(?P<plain>[^\s()\"']+))\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|"
    r"(?P<bracket>[()]))"
)

StateOf = Callable[[str], str | None]
"""Returns the state of an alarm by its name, None where there is none."""


class RuleError(ValueError):
    """A rule that cannot be read."""


@dataclass(frozen=True)
class Rule:
    """A rule, read.

    :ivar alarms: the names of the alarms that it speaks of, in order.
    """

    alarms: tuple[str, ...]
    holds: Callable[[StateOf], bool]


@cache
def parse_rule(text: str) -> Rule:
    """Read a rule, each text once.

    :raises RuleError: says where it cannot be read.
    """
    parser = _Parser(text)
    holds = parser.disjunction()
    if parser.token is not None:
        raise RuleError(f"unexpected {parser.token[0].strip()!r}")
    return Rule(tuple(dict.fromkeys(parser.alarms)), holds)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._position = 0
        self.alarms: list[str] = []
        self.token: re.Match[str] | None = None
        self._next()

    def disjunction(self) -> Callable[[StateOf], bool]:
        parts = [self._conjunction()]
        while self._takes("OR"):
            parts.append(self._conjunction())
        return lambda state_of: any(part(state_of) for part in parts)

    def _conjunction(self) -> Callable[[StateOf], bool]:
        parts = [self._negation()]
        while self._takes("AND"):
            parts.append(self._negation())
        return lambda state_of: all(part(state_of) for part in parts)

    def _negation(self) -> Callable[[StateOf], bool]:
        if self._takes("NOT"):
            inner = self._negation()
            return lambda state_of: not inner(state_of)
        return self._atom()

    def _atom(self) -> Callable[[StateOf], bool]:
        token = self.token
        if token is None:
            raise RuleError("it ends too early")
        if self._takes("("):
            inner = self.disjunction()
            if not self._takes(")"):
                raise RuleError("a bracket is not closed")
            return inner
        if token["word"] in ("TRUE", "FALSE"):
            self._next()
            return lambda state_of: token["word"] == "TRUE"
        if not token["state"]:
            raise RuleError(f"unexpected {token[0].strip()!r}")
        self._next()
        name = token["quoted"] or token["single"] or token["plain"]
        if name.startswith("arn:"):
            name = name.partition(":alarm:")[2]
        self.alarms.append(name)
        return lambda state_of: state_of(name) == token["state"]

    def _takes(self, text: str) -> bool:
        found = self.token is not None and text in (self.token["word"], self.token["bracket"])
        if found:
            self._next()
        return found

    def _next(self) -> None:
        if self._position >= len(self._text):
            self.token = None
            return
        self.token = _TOKEN.match(self._text, self._position)
        if self.token is None:
            raise RuleError(f"unexpected {self._text[self._position :].strip()[:40]!r}")
        self._position = self.token.end()
