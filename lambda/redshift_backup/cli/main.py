"""``redshift-backup``: the function's actions from a laptop, with tables and exit codes."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from redshift_backup import errors
from redshift_backup.budget import MAXIMUM_INVOCATION_SECONDS
from redshift_backup.cli import deployment, output
from redshift_backup.cli.arguments import (
    DEFAULT_FUNCTION,
    PROGRAM,
    build_parser,
    event_of,
    merge_positions,
)
from redshift_backup.cli.doctor import examine
from redshift_backup.cli.exit_codes import (
    EXPECTED_ERRORS,
    ExitCode,
    code_of_error,
    code_of_response,
)
from redshift_backup.cli.quiet import quiet_core
from redshift_backup.cli.retention import recalled_fields
from redshift_backup.cli.session import identify, session_of
from redshift_backup.handler import answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    :param arguments: those of the process if None.
    :return: the exit code, see :class:`~redshift_backup.cli.exit_codes.ExitCode`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        parsed = build_parser().parse_args(words)
        merge_positions(parsed)
        response = _run(parsed)
    except EXPECTED_ERRORS as error:
        _say(f"error: {error}")
        if isinstance(error, errors.DeletionLimitError):
            _say(_how_to_approve(parsed, words, error.plan_sha256))
        return code_of_error(error)
    except KeyboardInterrupt:
        _say("interrupted; what was done stays done, and the same command goes on from there")
        return ExitCode.INTERRUPTED
    except SystemExit as leaving:
        # argparse leaves so after --help.
        return int(leaving.code or 0)
    return _print(response, parsed, words)


def _run(parsed: Namespace) -> dict[str, Any]:
    function_name = parsed.function or DEFAULT_FUNCTION
    with session_of(parsed.profile, parsed.region) as session:
        identity = identify(session, function_name)
        if parsed.action == "check":
            return examine(
                event_of(parsed),
                identity,
                is_function_named=parsed.function is not None,
                verbose=parsed.verbose,
                say=_say,
            )
        if deployment.process_has_settings():
            source = deployment.settings_of_process()
        else:
            source = deployment.settings_of(deployment.read_deployment(function_name))
        _say(source.sentence)
        event = event_of(parsed)
        if parsed.action in ("prune", "backup"):
            event |= recalled_fields(event, source.environment, identity, _say)
        with quiet_core(verbose=parsed.verbose):
            return answer(
                event,
                source.environment,
                identity.caller,
                MAXIMUM_INVOCATION_SECONDS,
                now=identity.now,
            )


def _print(response: dict[str, Any], parsed: Namespace, words: Sequence[str]) -> int:
    code = code_of_response(response)
    try:
        if parsed.json:
            output.print_json(response)
        else:
            output.print_response(response, words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has seen enough; Python's own flush at the end must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _how_to_approve(parsed: Namespace, words: Sequence[str], plan_sha256: str) -> str:
    if parsed.action == "prune":
        return f"to approve: {output.approving(words, plan_sha256)}"
    # The plan of another action may follow another retention; prune shows its own.
    return f"to approve, look at the plan of: {PROGRAM} prune"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {sentence}\n")
