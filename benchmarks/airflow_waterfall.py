"""Draws two runs side by side, task by task."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.airflow_runs import RunTime

WAITING, WORKING = "#c9d3df", "#2f6fab"


def draw(runs: Mapping[str, RunTime], path: Path) -> None:
    """Write a picture of runs, one below the other on one time axis.

    :param runs: by the title above each.
    :param path: of the PNG file.
    """
    # Drawn without a display, and imported here: it is slow, and only this needs it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2.4 * len(runs)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0]
    for place, (title, run) in zip(axes, runs.items(), strict=True):
        previous_end = 0.0
        for row, task in enumerate(run.tasks):
            place.barh(row, task.started - previous_end, left=previous_end, color=WAITING)
            place.barh(row, task.seconds, left=task.started, color=WORKING)
            place.text(task.ended, row, f" {task.seconds:.2f} s", va="center", fontsize=8)
            previous_end = task.ended
        place.set_yticks(range(len(run.tasks)), [task.task_id for task in run.tasks], fontsize=8)
        place.invert_yaxis()
        place.set_title(f"{title}: {run.seconds:.2f} s", loc="left", fontsize=10)
        place.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("seconds since the run's start; dark: the task, light: Airflow before it")
    figure.savefig(path, dpi=110)
