"""The words of the command line, and the event that they make. Pure."""

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from redshift_backup.cli.exit_codes import UsageError
from redshift_backup.fields import FIELDS_OF

PROGRAM = "redshift-backup"
DEFAULT_FUNCTION = "aca-redshift-backup"
# Actions that show what they would do, and do it only when told to.
PLANNED_ACTIONS = frozenset({"prune", "adopt", "sweep"})
READ_ACTIONS = frozenset({"status", "check"})

_HELP_OF_ACTION: Mapping[str, str] = {
    "status": "list the cluster's snapshots with what becomes of each",
    "check": "tell whether backups are in order; exit code 1 if not",
    "prune": "show what the retention deletes; delete it with --apply",
    "hold": "protect a snapshot from every deletion",
    "release": "take a hold off a snapshot",
    "adopt": "show what taking snapshots into management changes; do it with --apply",
    "share": "let the target accounts restore a snapshot",
    "create": "make the snapshot of a slot",
    "backup": "create, share and prune in one go",
    "reconcile": "share and prune what other runs left, for every allowed cluster",
    "stamp": "write the result of a restore test to a snapshot",
    "sweep": "show which clusters of restore tests were left behind; delete them with --apply",
}


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text) if text.isdecimal() else float(text)


_SLOT_HELP = "as 2025-09-18T14:30:00Z"
# An option for a field of the contract: its spellings and how argparse takes it.
_OPTIONS: Mapping[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "slot": (("--slot",), {"metavar": "INSTANT", "help": f"when the backup is due, {_SLOT_HELP}"}),
    "slot_end": (
        ("--slot-end",),
        {"metavar": "INSTANT", "help": f"when the next one is due, {_SLOT_HELP}"},
    ),
    "when_paused": (("--when-paused",), {"choices": ("refuse", "skip")}),
    "retention_days": (("--retention-days",), {"type": _whole_number, "metavar": "DAYS"}),
    "keep_weekly": (("--keep-weekly",), {"type": _whole_number, "metavar": "WEEKS"}),
    "keep_monthly": (("--keep-monthly",), {"type": _whole_number, "metavar": "MONTHS"}),
    "revoke_strangers": (
        ("--revoke-strangers",),
        {"action": "store_true", "help": "revoke every account that is not a target"},
    ),
    "approved_plan_sha256": (
        ("--approve", "--approved-plan-sha256"),
        {"metavar": "SHA256", "help": "of a plan over the limit, as prune shows it"},
    ),
    "target_account_ids": (
        ("--target-account-id", "--target-account-ids"),
        {"action": "extend", "nargs": "+", "metavar": "ACCOUNT", "help": "may be repeated"},
    ),
    "reason": (("--reason",), {"metavar": "TEXT"}),
    "identifier_pattern": (
        ("--identifier-pattern", "--pattern"),
        {
            "metavar": "PATTERN",
            "help": "of identifiers, * for any characters; quote it",
        },
    ),
    "result": (("--result",), {"choices": ("passed", "failed")}),
    "verified_at": (("--verified-at",), {"metavar": "INSTANT"}),
    "restore_seconds": (("--restore-seconds",), {"type": _number, "metavar": "SECONDS"}),
    "evidence_uri": (("--evidence-uri",), {"metavar": "URI"}),
}


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are exceptions, so that the exit code is ours."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of every command; an option for each field that its action takes."""
    parser = _Parser(
        prog=PROGRAM,
        description="Redshift backups in another account, from a laptop with a profile.",
        epilog="Exit codes: 0 ok, 1 a check failed, 2 AWS out of reach, 3 bad input, 4 partial.",
        allow_abbrev=False,
    )
    _add_common(parser, is_top=True)
    commands = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)
    for action, sentence in _HELP_OF_ACTION.items():
        command = commands.add_parser(
            action, help=sentence, description=sentence, allow_abbrev=False
        )
        _add_common(command, is_top=False)
        _add_fields(command, action)
    return parser


def event_of(parsed: argparse.Namespace) -> dict[str, Any]:
    """Return the event that a parsed command line stands for; what was not said is not in it."""
    action: str = parsed.action
    event: dict[str, Any] = {"action": action}
    for name in ("cluster_identifier", "snapshot_id", "snapshot_ids", *_OPTIONS):
        value = getattr(parsed, name, None)
        if value is not None and value != [] and value is not False:
            event[name] = value
    if action in PLANNED_ACTIONS:
        event["dry_run"] = not parsed.apply
    elif action not in READ_ACTIONS and parsed.dry_run:
        event["dry_run"] = True
    return event


def _add_common(parser: argparse.ArgumentParser, *, is_top: bool) -> None:
    # Twice, so that both "--profile x status" and "status --profile x" do what they look like; a
    # default of the second would undo the first.
    silent: Any = argparse.SUPPRESS
    parser.add_argument(
        "--profile", default=None if is_top else silent, help="AWS profile, of the source account"
    )
    parser.add_argument("--region", default=None if is_top else silent, help="AWS region")
    parser.add_argument(
        "--function",
        default=None if is_top else silent,
        help=f"the deployed function, default {DEFAULT_FUNCTION}",
    )
    parser.add_argument(
        "--cluster-identifier",
        "--cluster",
        default=None if is_top else silent,
        metavar="CLUSTER",
        help="default: the one of the settings",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        default=False if is_top else silent,
        help="print the response and nothing else",
    )
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=False if is_top else silent,
        help="write the log to standard error",
    )


def _add_fields(parser: argparse.ArgumentParser, action: str) -> None:
    fields = FIELDS_OF.get(action, frozenset())
    if "snapshot_id" in fields:
        _add_either(parser, "snapshot_id", ("--snapshot-id",), nargs="?", metavar="SNAPSHOT")
    if "snapshot_ids" in fields:
        both = ("--snapshot-id", "--snapshot-ids")
        _add_either(parser, "snapshot_ids", both, nargs="*", metavar="SNAPSHOT")
    for name, (spellings, how) in _OPTIONS.items():
        if name in fields or (name.startswith("slot") and action in ("create", "backup")):
            parser.add_argument(*spellings, dest=name, **how)
    if action in PLANNED_ACTIONS:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--apply", action="store_true", help="do it; else it is only shown")
        which.add_argument("--dry-run", action="store_true", help="only show it, the default")
    elif action not in READ_ACTIONS:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")


def _add_either(
    parser: argparse.ArgumentParser, name: str, spellings: Sequence[str], **how: Any
) -> None:
    """Add a field that may be given by position or by option; the option's last word stands."""
    parser.add_argument(name, default=None, **how)
    option: dict[str, Any] = {"nargs": "+", "action": "extend"} if how["nargs"] == "*" else {}
    parser.add_argument(*spellings, dest=f"{name}_option", metavar=how["metavar"], **option)


def merge_positions(parsed: argparse.Namespace) -> None:
    """Bring fields given by option to where those given by position are.

    :raises UsageError: one snapshot is given twice, and differently.
    """
    one, by_option = (
        getattr(parsed, "snapshot_id", None),
        getattr(parsed, "snapshot_id_option", None),
    )
    if one is not None and by_option is not None and one != by_option:
        raise UsageError(f"two snapshots are given, {one} and {by_option}, and one is expected")
    if by_option is not None:
        parsed.snapshot_id = by_option
    several = [*(getattr(parsed, "snapshot_ids", None) or ()), *_listed(parsed)]
    if hasattr(parsed, "snapshot_ids"):
        parsed.snapshot_ids = several


def _listed(parsed: argparse.Namespace) -> Iterable[str]:
    return getattr(parsed, "snapshot_ids_option", None) or ()
