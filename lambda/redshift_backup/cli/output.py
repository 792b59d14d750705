"""What a response looks like to a person."""

import json
import shlex
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from rich.console import Console

from redshift_backup.cli.arguments import PROGRAM
from redshift_backup.cli.tables import Grid, new_console, print_fact, print_grid, print_line

Response = Mapping[str, Any]
# Said by the exit code, or of use to programs alone.
_UNSAID = frozenset({"statusCode", "action", "timestamp", "correlation_id"})
_REFUSED_BELOW = "refused, see below"


def print_json(response: Response) -> None:
    """Print the response as one JSON document."""
    sys.stdout.write(json.dumps(response, indent=2) + "\n")


def print_response(response: Response, words: Sequence[str]) -> None:
    """Print a response for a person.

    :param words: the command line, for the command that comes next.
    """
    console = new_console()
    printers: Mapping[str, Callable[[Console, Response, Sequence[str]], None]] = {
        "check": _print_check,
        "status": _print_status,
        "prune": _print_prune,
        "adopt": _print_adopt,
        "reconcile": _print_reconcile,
    }
    printers.get(response["action"], _print_any)(console, response, words)


def approving(words: Sequence[str], plan_sha256: str) -> str:
    """Return the command that does what this one shows, with its plan approved."""
    return applying([*_without_approval(words), "--approve", plan_sha256])


def applying(words: Sequence[str]) -> str:
    """Return the command that does what this one shows."""
    kept = [word for word in words if word not in ("--dry-run", "--apply", "--json")]
    return shlex.join([PROGRAM, *kept, "--apply"])


def _without_approval(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word in ("--approve", "--approved-plan-sha256"):
            is_value = True
        elif not word.startswith(("--approve=", "--approved-plan-sha256=")):
            kept.append(word)
    return kept


def _print_check(console: Console, response: Response, _: Sequence[str]) -> None:
    checks = response["checks"]
    for check in checks:
        print_fact(console, check["name"], check["status"], check["detail"], check["next_step"])
    counted = {
        status: sum(check["status"] == status for check in checks)
        for status in ("OK", "WARNING", "FAILED")
    }
    print_line(
        console,
        f"{response['cluster_identifier'] or 'all'}: {counted['OK']} of {len(checks)} checks are ",
        "OK",
        f", {counted['WARNING']} ",
        "WARNING",
        f", {counted['FAILED']} ",
        "FAILED",
    )


def _print_status(console: Console, response: Response, _: Sequence[str]) -> None:
    rows = [
        (
            one["id"],
            _age(one["age_days"]),
            one["snapshot_status"],
            one["origin"] or "",
            ", ".join(one["shared_with"]),
            "yes" if one["is_good"] else "no",
            one["verified_result"] or "",
            one["verdict"],
            one["reason"],
        )
        for one in response["snapshots"]
    ]
    headers = (
        "snapshot", "age", "status", "origin", "shared with", "good", "verified", "verdict",
        "reason",
    )  # fmt: skip
    print_grid(console, Grid(headers, rows))
    age = response["newest_shared_age_hours"]
    newest = "none is good" if age is None else f"the newest good one is {age} hours old"
    stale = ", and the chain is stale (see check)" if response["is_stale"] and rows else ""
    print_line(
        console,
        f"{response['cluster_identifier']}: {len(rows)} snapshots, "
        f"{response['good_snapshots']} good, {response['expired']} expired; {newest}{stale}; "
        f"required accounts: {', '.join(response['required_accounts']) or 'none'}",
    )


def _print_prune(console: Console, response: Response, words: Sequence[str]) -> None:
    plan = response["plan"]
    refusals = {row["reason"] for row in plan if row["verdict"] == "refused"}
    print_grid(console, _plan_grid(plan, refusals))
    print_line(console, _counted(response["cluster_identifier"], plan))
    for refusal in sorted(refusals):
        print_line(console, "refused", f": {refusal}")
    sha256 = response["plan_sha256"]
    if any(sha256 in refusal for refusal in refusals):
        print_line(console, f"plan_sha256: {sha256}")
        print_line(console, f"to approve it: {approving(words, sha256)}")
    elif response["dry_run"] and any(row["verdict"] == "delete" for row in plan):
        print_line(console, f"dry run, nothing was deleted; to delete: {applying(words)}")
    elif response["status"] == "skipped":
        print_line(console, f"skipped: {response['reason']}")
    elif not response["dry_run"]:
        print_line(
            console, f"{response['deleted']} deleted, {response['remaining']} remain to be deleted"
        )


def _print_adopt(console: Console, response: Response, words: Sequence[str]) -> None:
    rows = [
        (
            row["id"],
            _age(row["age_days"]),
            row["verdict"],
            row.get("prune_verdict") or "",
            "; then prune: ".join(filter(None, (row["reason"], row.get("prune_reason")))),
        )
        for row in response["plan"]
    ]
    print_grid(console, Grid(("snapshot", "age", "verdict", "prune would", "reason"), rows))
    print_line(console, _counted(response["cluster_identifier"], response["plan"]))
    for warning in response.get("warnings", ()):
        print_line(console, "WARNING", f"  {warning}")
    if response.get("reason"):
        print_line(console, response["reason"])
    if response["dry_run"] and any(row["verdict"] == "adopt" for row in response["plan"]):
        print_line(console, f"dry run, nothing was tagged; to adopt: {applying(words)}")
    elif not response["dry_run"]:
        print_line(
            console, f"{response['adopted']} adopted, {response['remaining']} remain to be adopted"
        )


def _print_reconcile(console: Console, response: Response, _: Sequence[str]) -> None:
    for one in response["clusters"]:
        age = one["newest_shared_age_hours"]
        newest = "none is good" if age is None else f"the newest good one is {age} hours old"
        print_line(
            console,
            f"{one['cluster_identifier']}: {newest}; {len(one['shared'])} shared now, "
            f"{one['deleted']} deleted, {one['expired']} expired and still there",
        )
        if one["refusal"] is not None:
            print_line(console, "  ", "refused", f": {one['refusal']}")
        expired = [row for row in one["plan"] if row["verdict"] in ("delete", "pending")]
        print_grid(console, _plan_grid(expired, frozenset()))
    left = ", ".join(response["remaining_clusters"])
    print_line(
        console,
        f"{len(response['clusters'])} clusters looked at, {response['remaining']} steps remain"
        f"{f', all of {left}' if left else ''}",
    )
    if response["dry_run"]:
        print_line(console, "dry run, nothing was changed")


def _print_any(console: Console, response: Response, _: Sequence[str]) -> None:
    tables: dict[str, Any] = {}
    for name, value in response.items():
        if name in _UNSAID or (name == "dry_run" and not value):
            continue
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            tables[name] = value
        else:
            print_line(console, f"{name}: ", _shown(value))
    for name, rows in tables.items():
        print_line(console, f"{name}:")
        headers = [key for key, value in rows[0].items() if not isinstance(value, list | Mapping)]
        cells = [[_shown(row.get(key)) for key in headers] for row in rows]
        print_grid(console, Grid(headers, cells))


def _plan_grid(plan: Sequence[Response], refusals: Collection[str]) -> Grid:
    rows = [
        (
            row["id"],
            _age(row["age_days"]),
            row["verdict"],
            _REFUSED_BELOW if row["reason"] in refusals else row["reason"],
        )
        for row in plan
    ]
    return Grid(("snapshot", "age", "verdict", "reason"), rows)


def _counted(cluster: str, plan: Sequence[Response]) -> str:
    counts: dict[str, int] = {}
    for row in plan:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
    listed = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    return f"{cluster}: {len(plan)} snapshots{': ' if listed else ''}{listed}"


def _age(days: float) -> str:
    return f"{days:.1f} d"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) or "(empty)"
