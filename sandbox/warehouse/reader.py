"""Reading statements word by word, for those that sqlglot keeps as text."""

from sqlglot.tokenizer_core import Token, TokenType

from sandbox.warehouse.dialect import syntax_error, tokenize
from sandbox.warehouse.errors import SqlError

QUOTED = (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING)


class Reader:
    """A statement's tokens, taken from left to right."""

    def __init__(self, sql: str) -> None:
        self._tokens: list[Token] = tokenize(sql)
        self._at = 0

    @property
    def tokens(self) -> list[Token]:
        """All tokens, taken ones included."""
        return self._tokens

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return self._at >= len(self._tokens)

    @property
    def word(self) -> str:
        """The next word in upper case; empty at the end and before a string."""
        if self.is_done or self.is_string:
            return ""
        return self._tokens[self._at].text.upper()

    @property
    def is_string(self) -> bool:
        """Whether the next token is a quoted string."""
        return not self.is_done and self._tokens[self._at].token_type in QUOTED

    def take(self, *words: str) -> bool:
        """Take words if they are next, all of them or none."""
        wanted = list(words)
        found = [
            token.text.upper()
            for token in self._tokens[self._at : self._at + len(wanted)]
            if token.token_type not in QUOTED
        ]
        if found != wanted:
            return False
        self._at += len(wanted)
        return True

    def expect(self, *words: str) -> None:
        """Take words that must be next."""
        if not self.take(*words):
            raise self.error()

    def text(self) -> str:
        """Take the next token as it is written, without quotes."""
        if self.is_done:
            raise self.error()
        token = self._tokens[self._at]
        self._at += 1
        return str(token.text)

    def string(self) -> str:
        """Take a quoted string."""
        if not self.is_string:
            raise self.error()
        return self.text()

    def name(self) -> str:
        """Take a name, folded to lower case."""
        if self.is_string or not (self.is_done or self.word.strip("(),.;=")):
            raise self.error()
        return self.text().lower()

    def path(self) -> list[str]:
        """Take a name with its qualifiers."""
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return parts

    def names(self) -> list[str]:
        """Take names separated by commas."""
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        return found

    def name_list(self) -> list[str]:
        """Take names in parentheses."""
        self.expect("(")
        found = self.names()
        self.expect(")")
        return found

    def end(self) -> None:
        """Refuse anything that is left."""
        if not self.is_done:
            raise self.error()

    def error(self) -> SqlError:
        """Return a syntax error at the next token."""
        return syntax_error("end of input" if self.is_done else self._tokens[self._at].text)
