"""Reads ``clusters.yaml``: which clusters are good, and everything that is wrong with the rest."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from redshift_dr.config.document import (
    Document,
    FieldPath,
    UnreadableDocumentError,
    read_document,
)
from redshift_dr.config.models import ClusterConfig
from redshift_dr.errors import ConfigurationError

CONFIGURATION_VARIABLE = "REDSHIFT_DR_CONFIG"
FILE_NAME = "clusters.yaml"
PROJECT_ROOT = Path(__file__).resolve().parents[3]

ERROR_WORDS = {
    "missing": "is missing; give it for the cluster or under defaults",
    "extra_forbidden": "is not a known field",
}
PATTERN_WORDS = {
    "cluster_identifier": "must be lower-case letters, digits and single hyphens, a letter first",
    "region_name": "must be an AWS region, such as us-east-1",
    "function_name": "must be the name of a Lambda function",
    "alert_topic_arn": "must be the ARN of an SNS topic",
}
QUOTES = "; put it in quotes, else YAML reads it as a number or a truth value"


@dataclass(frozen=True)
class Fleet:
    """The clusters of one configuration file.

    :param path: the file.
    :param clusters: the usable ones, by cluster identifier, in the file's order.
    :param faults: one sentence per fault, each with file, line, cluster and field.
    """

    path: Path
    clusters: Mapping[str, ClusterConfig]
    faults: tuple[str, ...] = ()

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
        return Fleet(document.path, {}, tuple(outline))
    defaults: dict[str, Any] = document.data.get("defaults") or {}
    broken = {
        path[1]: None for path, _ in document.faults if len(path) > 1 and path[0] == "clusters"
    }
    clusters: dict[str, ClusterConfig] = {}
    faults = [_sentence(document, path, text) for path, text in document.faults]
    for name, entry in document.data["clusters"].items():
        result = _cluster_of(document, name, entry, defaults)
        if isinstance(result, ClusterConfig):
            if name not in broken:
                clusters[name] = result
        else:
            faults.extend(result)
    return Fleet(document.path, clusters, tuple(dict.fromkeys(faults)))


def _outline_faults(document: Document) -> list[str]:
    """What is wrong with the file as a whole."""
    data = document.data
    if not isinstance(data, dict):
        return [f"{document.path}:1: must be a mapping with the keys defaults and clusters"]
    faults = [
        _sentence(document, (key,), "is not a known key; use defaults and clusters")
        for key in data
        if key not in ("defaults", "clusters")
    ]
    if not isinstance(data.get("clusters"), dict) or not data["clusters"]:
        faults.append(
            _sentence(document, ("clusters",), "must map each cluster identifier to its settings")
        )
    defaults = data.get("defaults")
    if defaults is not None and not isinstance(defaults, dict):
        faults.append(_sentence(document, ("defaults",), "must be a mapping"))
    elif defaults:
        known = set(ClusterConfig.model_fields) - {"cluster_identifier"}
        faults.extend(
            _sentence(document, ("defaults", field), ERROR_WORDS["extra_forbidden"])
            for field in defaults
            if field not in known
        )
    faults.extend(
        _sentence(document, path, text)
        for path, text in document.faults
        if path[0] != "clusters" or len(path) == 1
    )
    return faults


def _cluster_of(
    document: Document, name: Any, entry: Any, defaults: Mapping[str, Any]
) -> ClusterConfig | list[str]:
    """The cluster's settings, or everything that is wrong with them."""
    here: FieldPath = ("clusters", str(name))
    if entry is not None and not isinstance(entry, dict):
        return [_sentence(document, here, "must be a mapping of settings, or empty")]
    own = entry or {}
    if "cluster_identifier" in own:
        return [
            _sentence(
                document, (*here, "cluster_identifier"), "is the key of the entry; leave it out"
            )
        ]
    merged = {**_merged(defaults, own), "cluster_identifier": name}
    try:
        return ClusterConfig.model_validate(merged)
    except ValidationError as error:
        return [_fault(document, here, defaults, own, detail) for detail in error.errors()]


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults with the cluster's own settings over them, group by group."""
    groups = {
        field: _merged(defaults[field], value)
        for field, value in own.items()
        if isinstance(value, dict) and isinstance(defaults.get(field), dict)
    }
    return {**defaults, **own, **groups}


def _fault(
    document: Document,
    here: FieldPath,
    defaults: Mapping[str, Any],
    own: Mapping[str, Any],
    detail: Any,
) -> str:
    location: FieldPath = tuple(detail["loc"])
    field = location[0] if location else ""
    inherited = field in defaults and field not in own
    path = ("defaults", *location) if inherited else (*here, *location)
    words = ERROR_WORDS.get(detail["type"]) or _words(detail)
    return _sentence(document, path, words, cluster=str(here[1]), field=location)


def _words(detail: Any) -> str:
    message = str(detail["msg"]).removeprefix("Value error, ")
    field = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "value_error":
        return message
    hint = ""
    if "account_id" in field and not isinstance(detail["input"], str | list | tuple):
        hint = "; put account ids in quotes, YAML reads them as numbers"
    elif detail["type"] == "string_type" and not isinstance(detail["input"], dict | list):
        hint = QUOTES
    elif detail["type"] == "string_pattern_mismatch":
        words = "must be twelve digits" if "account_id" in field else PATTERN_WORDS.get(field)
        message = words or message
    message = message.replace("valid tuple", "list")
    return f"is {detail['input']!r}: {message[:1].lower()}{message[1:]}{hint}"


def _sentence(
    document: Document,
    path: FieldPath,
    text: str,
    *,
    cluster: str | None = None,
    field: FieldPath | None = None,
) -> str:
    if cluster is None and len(path) > 1 and path[0] == "clusters":
        cluster = str(path[1])
        field = path[2:] if field is None else field
    shown = ".".join(str(part) for part in (path if field is None else field))
    who = f"cluster {cluster}: " if cluster else ""
    return f"{document.path}:{document.line_of(path)}: {who}{shown} {text}".replace(":  ", ": ")
