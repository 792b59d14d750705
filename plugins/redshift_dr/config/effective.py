"""What holds for each cluster once its defaults are filled in, as text. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from redshift_dr.config.base import Model
from redshift_dr.config.flat import flat
from redshift_dr.config.fleet import Fleet
from redshift_dr.config.models import ClusterConfig

COLUMNS = (
    "cluster_identifier",
    "source_account_id",
    "target_account_id",
    "region_name",
    "schedule",
    "timezone",
    "retention_days",
    "drill.schedule",
    "owner",
)


def settings_of(given: ClusterConfig | Mapping[str, Any]) -> dict[str, str]:
    """Every setting by its path, such as ``drill.deadlines.copy_minutes``, as YAML would say it.

    :param given: a cluster, or the defaults; what these leave out is what the models fill in, and
        what the models cannot fill in is left out here too.
    """
    return {path: _text(value) for path, value in flat(ClusterConfig, dict(given))}


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    if isinstance(value, Model | dict):
        return f"{{{', '.join(f'{key}: {_text(item)}' for key, item in dict(value).items())}}}"
    return str(value)


def overview(fleet: Fleet, checks: Mapping[str, int]) -> str:
    """The settings that matter most, one row for each usable cluster.

    :param checks: the number of SQL checks by cluster.
    """
    rows: list[tuple[str, ...]] = [(*COLUMNS, "SQL checks")]
    for name, cluster in fleet.clusters.items():
        settings = settings_of(cluster)
        cells = (settings.get(column, "null") for column in COLUMNS)
        rows.append((*cells, str(checks.get(name, 0))))
    return columns(rows)


def differences_from_defaults(fleet: Fleet) -> str:
    """What holds for every cluster that says nothing else, and what each sets otherwise."""
    common = settings_of(fleet.defaults)
    parts = [f"every cluster that sets nothing else:\n{_block(common)}"]
    for name, cluster in fleet.clusters.items():
        own = _own(settings_of(cluster), common)
        parts.append(f"{name} sets:\n{_block(own)}" if own else f"{name} sets nothing else")
    return "\n\n".join(parts)


def effective_settings(fleet: Fleet, name: str) -> str:
    """Every setting of one cluster; ``*`` marks what differs from the defaults.

    :param name: a usable cluster.
    """
    settings = settings_of(fleet.clusters[name])
    own = _own(settings, settings_of(fleet.defaults))
    return f"{name}:\n{_block(settings, own)}"


def _own(settings: Mapping[str, str], common: Mapping[str, str]) -> dict[str, str]:
    return {
        path: value
        for path, value in settings.items()
        if path != "cluster_identifier" and common.get(path) != value
    }


def _block(settings: Mapping[str, str], marked: Mapping[str, str] | None = None) -> str:
    rows = [
        (f"{'*' if path in (marked or {}) else ' '} {path}", value)
        for path, value in settings.items()
    ]
    return columns(rows)


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines, each column as wide as its longest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
