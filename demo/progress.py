"""The tasks of a run as they go, one line per change."""

from datetime import datetime
from typing import Any

from demo.screen import Screen

ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
SHOWN = ENDED | {"running", "deferred", "up_for_retry"}
MEANING = {
    "deferred": "waits in the triggerer, holding no worker",
    "up_for_retry": "failed once, will be tried again",
    "upstream_failed": "not run: an earlier task failed",
}
WAITS_FOR = {
    "create_snapshot": "the function's answer",
    "wait_for_snapshot": "the snapshot to become available",
    "share_snapshot": "the function's answer",
    "wait_for_share": "the DR account to see the snapshot by its own call",
    "prune_snapshots": "the function's answer",
    "record_inventory_before": "tables and rows of the source",
    "record_inventory_after": "tables and rows of the source",
    "select_snapshot": "what the DR account sees",
    "restore_cluster": "the restore to begin",
    "wait_for_cluster": "the restore to be complete",
    "validate": "the checks' counts",
    "keep_dr_copy": "the DR account's own copy",
    "delete_cluster": "the drill cluster to be gone",
    "record_evidence": "the evidence to be stored",
}


class Progress:
    """Writes a line whenever a task changes its state.

    :param screen: where to.
    """

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._seen: dict[str, str] = {}

    def show(self, tasks: list[dict[str, Any]]) -> None:
        """Compare the task instances with those of the last call and write what changed."""
        for task in tasks:
            state = task["state"]
            if state in SHOWN and self._seen.get(task["task_id"]) != state:
                self._seen[task["task_id"]] = state
                style = {"success": "green", "failed": "red"}.get(state, "")
                self._screen.say(f"{task['task_id']:<23} {_words(task)}", style=style)


def _words(task: dict[str, Any]) -> str:
    state, name = task["state"], task["task_id"]
    words = f"{state:<9}"
    if state == "running":
        return f"{words} asks for {WAITS_FOR[name]}" if name in WAITS_FOR else words
    if state == "deferred":
        return f"{words} {MEANING[state]}, for {WAITS_FOR.get(name, 'its trigger')}"
    if state in MEANING:
        return f"{words} {MEANING[state]}"
    return f"{words} {seconds_of(task):.1f} s"


def seconds_of(task: dict[str, Any]) -> float:
    """Return how long a task took from its first start to its end, deferral included."""
    if not task["start_date"] or not task["end_date"]:
        return 0.0
    start, end = (datetime.fromisoformat(task[name]) for name in ("start_date", "end_date"))
    return (end - start).total_seconds()
