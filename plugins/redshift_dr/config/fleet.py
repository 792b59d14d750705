"""Reads ``clusters.yaml``: which clusters are good, and everything that is wrong with the rest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from redshift_dr.config.document import (
    Document,
    FieldPath,
    UnreadableDocumentError,
    read_document,
)
from redshift_dr.config.faults import UNKNOWN, Fault, fault_of_field, sentences
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import ConfigurationError

CONFIGURATION_VARIABLE = "REDSHIFT_DR_CONFIG"
FILE_NAME = "clusters.yaml"
PROJECT_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Fleet:
    """The clusters of one configuration file.

    :param path: the file.
    :param clusters: the usable ones, by cluster identifier, in the file's order.
    :param faults: one sentence per fault, each with file, line, cluster and field.
    :param defaults: the settings of every cluster that gives none of its own, as in the file.
    """

    path: Path
    clusters: Mapping[str, ClusterConfig]
    faults: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def raise_for_faults(self) -> None:
        """Raise if anything in the file is wrong.

        :raises ConfigurationError: with every fault.
        """
        if self.faults:
            raise ConfigurationError(self.faults)


def find_configuration(dags_folder: Path | None = None) -> Path:
    """Where the configuration file is.

    ``REDSHIFT_DR_CONFIG`` decides where it is set. Otherwise the first that exists of
    ``../include/clusters.yaml`` beside the DAGs folder (this repository, Astro),
    ``include/clusters.yaml`` and ``clusters.yaml`` inside it (Amazon MWAA, which ships nothing but
    ``dags/`` and ``plugins.zip``), and ``include/clusters.yaml`` of the checkout.

    :param dags_folder: the folder of the DAG file that asks.
    :raises ConfigurationError: no such file; names every place that was looked at.
    """
    named = os.environ.get(CONFIGURATION_VARIABLE)
    if named:
        candidates = [Path(named)]
    else:
        candidates = [PROJECT_ROOT / "include" / FILE_NAME]
        if dags_folder is not None:
            inside = dags_folder / "include" / FILE_NAME
            candidates = [
                dags_folder.parent / "include" / FILE_NAME,
                inside,
                dags_folder / FILE_NAME,
                *candidates,
            ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked_at = ", ".join(str(candidate) for candidate in dict.fromkeys(candidates))
    raise ConfigurationError(
        [f"no configuration file: looked at {looked_at}; set {CONFIGURATION_VARIABLE} to its path"]
    )


def load_fleet(path: Path | None = None, *, dags_folder: Path | None = None) -> Fleet:
    """Read the configuration. A wrong entry costs its own cluster only.

    Faults in ``defaults`` or in the file's outline cost every cluster, since nothing can be
    trusted then.

    :param path: the file; found by :func:`find_configuration` where absent.
    :param dags_folder: passed on to :func:`find_configuration`.
    :return: usable clusters and faults; never raises for what is written in the file.
    """
    if path is None:
        try:
            path = find_configuration(dags_folder)
        except ConfigurationError as error:
            return Fleet(Path(FILE_NAME), {}, error.faults)
    try:
        document = read_document(path)
    except OSError as error:
        return Fleet(path, {}, (f"{path}: cannot be read: {error.strerror}",))
    except UnreadableDocumentError as error:
        return Fleet(path, {}, (f"{path}:{error.line}: {error}",))
    return _fleet_of(document)


def _fleet_of(document: Document) -> Fleet:
    outline = _outline_faults(document)
    if outline:
        return Fleet(document.path, {}, sentences(document, outline, 0))
    entries = document.data["clusters"]
    defaults: dict[str, Any] = document.data.get("defaults") or {}
    repeated = [_repeated(path, words) for path, words in document.faults]
    broken = {fault.cluster for fault in repeated}
    clusters: dict[str, ClusterConfig] = {}
    faults = repeated
    for name, entry in entries.items():
        result = _cluster_of(name, entry, defaults)
        if isinstance(result, ClusterConfig):
            if name not in broken:
                clusters[name] = result
        else:
            faults.extend(result)
    told = sentences(document, faults, len(entries))
    return Fleet(document.path, clusters, told, defaults)


def _repeated(path: FieldPath, words: str) -> Fault:
    """A key that is given twice."""
    if path[0] == "clusters" and len(path) > 1:
        return Fault(path, words, str(path[1]), path[2:])
    return Fault(path, words)


def _outline_faults(document: Document) -> list[Fault]:
    """What is wrong with the file as a whole."""
    data = document.data
    if not isinstance(data, dict):
        return [Fault((), "must be a mapping with the keys defaults and clusters")]
    faults = [
        Fault((key,), "is not a known key; use defaults and clusters")
        for key in data
        if key not in ("defaults", "clusters")
    ]
    if not isinstance(data.get("clusters"), dict) or not data["clusters"]:
        faults.append(Fault(("clusters",), "must map each cluster identifier to its settings"))
    defaults = data.get("defaults")
    if defaults is not None and not isinstance(defaults, dict):
        faults.append(Fault(("defaults",), "must be a mapping"))
    elif defaults:
        known = set(ClusterConfig.model_fields) - {"cluster_identifier"}
        faults += [Fault(("defaults", key), UNKNOWN) for key in defaults if key not in known]
    repeated = [_repeated(path, words) for path, words in document.faults]
    return faults + [fault for fault in repeated if fault.cluster is None]


def _cluster_of(name: Any, entry: Any, defaults: Mapping[str, Any]) -> ClusterConfig | list[Fault]:
    """The cluster's settings, or everything that is wrong with them."""
    here: FieldPath = ("clusters", str(name))
    if entry is not None and not isinstance(entry, dict):
        return [Fault(here, "must be a mapping of settings, or empty", str(name))]
    own = entry or {}
    key = "cluster_identifier"
    if key in own:
        return [Fault((*here, key), "is the key of the entry; leave it out", str(name), (key,))]
    try:
        return ClusterConfig.model_validate({**_merged(defaults, own), key: name})
    except ValidationError as error:
        return [fault_of_field(str(name), defaults, own, detail) for detail in error.errors()]


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with the cluster's own settings over them, group by group."""
    groups = {
        field: _merged(defaults[field], value)
        for field, value in own.items()
        if isinstance(value, dict) and isinstance(defaults.get(field), dict)
    }
    return {**defaults, **own, **groups}
