"""A page's commands as one script of bash, so that its variables last from step to step."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.docs.commands import ROOT, Command

# What a command may end with, beside 0.
OTHER_EXIT_CODES: Mapping[str, tuple[int, ...]] = {}
_STEP, _FAILED = "@@@ step", "@@@ failed"
# Version 1 of the AWS CLI sends SQS to an endpoint of its own, past AWS_ENDPOINT_URL.
_PROLOGUE = """set -uo pipefail
aws() {
    if [[ "$1" == sqs ]]; then set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; fi
    command aws "$@"
}"""
_ASSIGNMENT = re.compile(r"([A-Z_]+)=\$\(")
# Left out of the folder that stands for a checkout.
_NOT_LINKED = frozenset({".git", "build", ".run"})


@dataclass(frozen=True)
class Outcome:
    """How a page's script ended; ``failure`` is empty where every command did as it says."""

    failure: str
    output: str


def script_of(commands: Sequence[Command], placeholders: Mapping[str, str]) -> str:
    """Return a script that ends at the first command that fails, and says which.

    An assignment has to assign something; an invocation has to be answered without an error,
    which AWS's command line would not tell.
    """
    lines = [_PROLOGUE]
    for number, command in enumerate(commands):
        if command.mark:
            continue
        text = _filled(command.text, placeholders)
        codes = "|".join(map(str, (0, *OTHER_EXIT_CODES.get(command.text, ()))))
        fail = f"{{ echo '{_FAILED} {number}' >&2; exit 99; }}"
        lines += [f"echo '{_STEP} {number}'", text, f"case $? in {codes}) ;; *) {fail} ;; esac"]
        if assigned := _ASSIGNMENT.match(text):
            name = assigned[1]
            lines.append(f'[[ -n "${name}" && "${name}" != None ]] || {fail}')
        if text.startswith("aws lambda invoke ") and "--invocation-type" not in text:
            lines.append(
                f"if grep -q '\"errorType\"' output.json; then cat output.json; {fail}; fi"
            )
    return "\n".join([*lines, ""])


def run(
    commands: Sequence[Command],
    placeholders: Mapping[str, str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    ready: Path | None = None,
) -> Outcome:
    """Run a page's commands in a folder that looks like a checkout.

    :param ready: folder of commands that come before those of the environment.
    """
    before = [*filter(None, (ready,)), Path(sys.executable).parent]
    for path in ROOT.iterdir():
        if path.name not in _NOT_LINKED:
            (folder / path.name).symlink_to(path)
    done = subprocess.run(
        ["bash", "-c", script_of(commands, placeholders)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={
            **os.environ,
            **environment,
            "PATH": os.pathsep.join([*map(str, before), os.environ["PATH"]]),
            # What is installed is what is tested.
            "MAKEFLAGS": "-o .venv/.installed",
        },
    )
    output = f"{done.stdout}\n{done.stderr}"
    failed = re.search(rf"^{_FAILED} (\d+)$", done.stderr, re.MULTILINE)
    if failed is not None:
        command = commands[int(failed[1])]
        return Outcome(f"{command.place}: {command.text}", output)
    return Outcome("" if done.returncode == 0 else f"bash ended with {done.returncode}", output)


def _filled(text: str, placeholders: Mapping[str, str]) -> str:
    names = "|".join(map(re.escape, placeholders))
    if not names:
        return text
    return re.sub(rf"(?<![\w${{])({names})(?![\w=])", lambda found: placeholders[found[1]], text)
