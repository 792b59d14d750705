"""Every command of README and docs is one that a test runs, or says why not."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from botocore.session import Session

from redshift_backup.cli.arguments import build_parser
from tests.docs.commands import (
    CLI_2,
    NETWORK,
    PAGES,
    ROOT,
    Block,
    blocks_of,
    commands_of,
    commands_of_page,
    read,
    spans_of,
    unknown_in,
)
from tests.docs.shell import script_of

SPANS = [(page, span) for page in PAGES for span in spans_of(read(page))]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_run_or_marked(page: str) -> None:
    faults = [fault for block in blocks_of(read(page), page) for fault in unknown_in(block)]
    assert faults == []


@pytest.mark.parametrize(
    ("info", "body"),
    [
        ("text", "aws s3 ls\n"),
        ("", "make demo\n"),
        ("text", "  $ redshift-backup check\n"),
        ("bash", "true\n"),
        ("console later", "$ true\n"),
        ("console run-by=tests/no_such_test.py", "$ true\n"),
        ("console run-by=README.md", "$ true\n"),
        ("console", "output alone\n"),
    ],
)
def test_a_command_that_is_neither_run_nor_marked_is_a_fault(info: str, body: str) -> None:
    [block] = blocks_of(f"```{info}\n{body}```\n", "page.md")
    assert unknown_in(block) != []


def test_commands_are_told_from_their_output_and_continue_behind_a_backslash() -> None:
    block = Block("p", 4, ("console", CLI_2), "$ one \\\n    two\noutput\n$ three\n")
    assert [(one.line, one.text, one.mark) for one in commands_of(block)] == [
        (5, "one \\\n    two", CLI_2),
        (8, "three", CLI_2),
    ]


def test_a_marked_command_is_not_in_the_script_and_every_other_is() -> None:
    marked = Block("p", 1, ("console", CLI_2), "$ aws logs tail x\n")
    plain = Block("p", 5, ("console",), "$ aws s3 ls\n")
    script = script_of([*commands_of(marked), *commands_of(plain)], {})
    assert "aws s3 ls" in script
    assert "tail" not in script


@pytest.mark.parametrize(
    ("mark", "known"),
    [
        (CLI_2, (r"aws logs tail ", r"aws .* --cli-binary-format ", r"aws sso ")),
        (NETWORK, (r"make lock$", r"git clone ", r"pip install ", r"docker compose ")),
    ],
)
def test_only_what_cannot_be_run_is_excused(mark: str, known: tuple[str, ...]) -> None:
    commands = [one for page in PAGES for one in commands_of_page(page)]
    excused = [one.text for one in commands if mark in one.mark.split()]
    assert [text for text in excused if not any(re.match(one, text) for one in known)] == []


def test_aws_commands_within_sentences_exist() -> None:
    session = Session()
    for page, span in SPANS:
        words = span.split()
        if words[0] != "aws" or len(words) < 3 or words[1] in ("s3", "cloudformation"):
            continue
        operations = session.get_service_model(words[1]).operation_names
        wanted = words[2].replace("-", "").lower()
        assert wanted in {name.lower() for name in operations}, f"{page}: {span}"


def test_commands_of_the_command_line_within_sentences_are_understood() -> None:
    parser = build_parser()
    for page, span in SPANS:
        if not span.startswith("redshift-backup ") or "..." in span:
            continue
        parser.parse_args(shlex.split(span)[1:])
        assert page


def test_modules_scripts_and_targets_within_sentences_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for page, span in SPANS:
        match span.split():
            case ["make", target, *_]:
                assert target in targets, f"{page}: {span}"
            case ["python", "-m", module, *_]:
                assert find_spec(module), f"{page}: {span}"
            case ["python", path, *_]:
                assert (ROOT / path).is_file(), f"{page}: {span}"


def test_the_rule_is_told_to_contributors() -> None:
    text = (Path(ROOT) / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "console" in text
    assert "run-by=" in text
