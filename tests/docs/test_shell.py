"""A page's script ends at the first command that does not do what it says, and names it."""

from pathlib import Path

import pytest

from tests.docs.commands import Command
from tests.docs.shell import run, script_of


def commands(*texts: str, mark: str = "") -> list[Command]:
    return [Command("page.md", line, text, mark) for line, text in enumerate(texts, start=1)]


def test_variables_last_to_the_end_of_the_page(tmp_path: Path) -> None:
    outcome = run(commands("NAME=$(echo snapshot)", 'echo "it is $NAME"'), {}, {}, tmp_path)
    assert outcome.failure == ""
    assert "it is snapshot" in outcome.output


@pytest.mark.parametrize(
    ("texts", "line"),
    [
        (("true", "false", "true"), 2),
        (("true | false",), 1),
        (("NAME=$(true)",), 1),
        (("NAME=$(echo None)",), 1),
        (('echo "$NOT_SET"',), None),
    ],
)
def test_the_first_command_that_fails_is_named(
    texts: tuple[str, ...], line: int | None, tmp_path: Path
) -> None:
    outcome = run(commands(*texts), {}, {}, tmp_path)
    assert outcome.failure.startswith("bash ended" if line is None else f"page.md:{line}: ")


def test_an_invocation_that_is_answered_by_an_error_fails(tmp_path: Path) -> None:
    (tmp_path / "output.json").write_text('{"errorType": "RefusedError"}')
    script = script_of(commands("aws lambda invoke --function-name x output.json"), {})
    assert "errorType" in script
    assert "errorType" not in script_of(
        commands("aws lambda invoke --invocation-type Event --function-name x output.json"), {}
    )


def test_placeholders_are_filled_and_variables_are_left(tmp_path: Path) -> None:
    texts = ("SNAPSHOT=$(echo one)", 'echo "$SNAPSHOT ${SNAPSHOT} is SNAPSHOT"')
    outcome = run(commands(*texts), {"SNAPSHOT": "two"}, {}, tmp_path)
    assert "one one is two" in outcome.output


def test_a_marked_command_is_not_run(tmp_path: Path) -> None:
    assert run(commands("false", mark="cli-2"), {}, {}, tmp_path).failure == ""
