"""The commands that README and docs print, found by the rule of CONTRIBUTING.md. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
)
# What a line begins with that somebody would type.
PROGRAMS = (
    *("aws", "git", "make", "python", "python3", "pip", "redshift-backup", "curl", "jq", "cat"),
    *("lambda/deploy-lambda-backup.sh", "docker", "airflow", "cp", "cd", "export"),
)
CLI_2 = "cli-2"
NETWORK = "network"
RUN_BY = "run-by="

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, and the words behind its fence."""

    page: str
    line: int
    words: tuple[str, ...]
    body: str

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def marks(self) -> tuple[str, ...]:
        return self.words[1:]


@dataclass(frozen=True)
class Command:
    """One command of a ``console`` block.

    :ivar mark: why the page's test does not run it; empty for one that it runs.
    """

    page: str
    line: int
    text: str
    mark: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(text: str, page: str = "") -> list[Block]:
    return [
        Block(
            page,
            text.count("\n", 0, found.start()) + 1,
            tuple(found["info"].split()),
            re.sub(rf"^{found['indent']}", "", found["body"], flags=re.MULTILINE),
        )
        for found in _FENCE.finditer(text)
    ]


def spans_of(text: str) -> list[str]:
    """The code spans outside fenced blocks."""
    return _SPAN.findall(_FENCE.sub("", text))


def commands_of(block: Block) -> list[Command]:
    """The lines of a console block that begin with ``$``, with what a backslash continues."""
    if block.language != "console":
        return []
    found: list[Command] = []
    continues = False
    for number, line in enumerate(block.body.splitlines(), start=block.line + 1):
        if continues:
            found[-1] = Command(
                block.page, found[-1].line, f"{found[-1].text}\n{line}", found[-1].mark
            )
        elif line.startswith("$ "):
            found.append(Command(block.page, number, line[2:], " ".join(block.marks)))
        else:
            continue
        continues = line.endswith("\\")
    return found


def commands_of_page(page: str) -> list[Command]:
    return [one for block in blocks_of(read(page), page) for one in commands_of(block)]


def unknown_in(block: Block) -> list[str]:
    """What of a block is neither run nor excused, each as a sentence."""
    place = f"{block.page}:{block.line}"
    if block.language == "console":
        faults = [
            f"{place}: the mark {mark!r} is not known"
            for mark in block.marks
            if mark not in (CLI_2, NETWORK) and not _names_a_test(mark)
        ]
        if not commands_of(block):
            faults.append(f"{place}: a console block without a command")
        return faults
    if block.language in ("sh", "bash", "shell", "zsh"):
        return [f"{place}: commands belong into a console block, each behind '$ '"]
    if block.language not in ("text", ""):
        return []
    return [
        f"{place}: {line.strip()!r} is a command outside a console block"
        for line in block.body.splitlines()
        if re.match(rf"\s*(\$ )?({'|'.join(map(re.escape, PROGRAMS))}) ", line)
    ]


def _names_a_test(mark: str) -> bool:
    path = mark.removeprefix(RUN_BY)
    is_test = path.startswith("tests/") or path == ".ci/run"
    return mark.startswith(RUN_BY) and is_test and (ROOT / path).is_file()
