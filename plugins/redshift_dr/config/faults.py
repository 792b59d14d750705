"""What is wrong with ``clusters.yaml``, as sentences. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redshift_dr.config.document import Document, FieldPath

UNKNOWN = "is not a known field"
ERROR_WORDS = {
    "missing": "is missing; give it for the cluster or under defaults",
    "extra_forbidden": UNKNOWN,
}
PATTERN_WORDS = {
    "cluster_identifier": "must be lower-case letters, digits and single hyphens, a letter first",
    "region_name": "must be an AWS region, such as us-east-1",
    "function_name": "must be the name of a Lambda function",
    "alert_topic_arn": "must be the ARN of an SNS topic",
}
QUOTES = "; put it in quotes, else YAML reads it as a number or a truth value"
MOST_NAMES = 5


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with the file.

    :param place: where it stands; the line is taken from it.
    :param words: what is wrong, without file, line, cluster and field.
    :param cluster: whose setting it is; none for a fault of the file as a whole.
    :param field: the setting within the cluster.
    """

    place: FieldPath
    words: str
    cluster: str | None = None
    field: FieldPath = ()


def fault_of_field(
    name: str, defaults: Mapping[str, Any], own: Mapping[str, Any], detail: Any
) -> Fault:
    """What pydantic found, at the place in the file where it comes from.

    :param name: the cluster.
    :param defaults: the settings of all clusters.
    :param own: the cluster's own ones.
    :param detail: one of the errors of a ``ValidationError``.
    """
    field: FieldPath = tuple(detail["loc"])
    words = ERROR_WORDS.get(detail["type"]) or _words(detail)
    if _is_given(own, field) or not _is_given(defaults, field):
        return Fault(("clusters", name, *field), words, name, field)
    return Fault(("defaults", *field), words, name, field)


def _is_given(settings: Any, field: FieldPath) -> bool:
    """Whether the settings say anything of the field; a list is one setting."""
    if not field:
        return False
    for key in field:
        if not isinstance(settings, dict):
            return True
        if key not in settings:
            return False
        settings = settings[key]
    return True


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


def sentences(document: Document, faults: Sequence[Fault], clusters: int) -> tuple[str, ...]:
    """Every fault with file, line, cluster and field.

    What comes from the defaults is told once, with the clusters that it costs; so is what all
    clusters have in common, since that is mended in the defaults.

    :param clusters: how many there are in the file.
    """
    return tuple(dict.fromkeys(_sentences(document, faults, clusters)))


def _sentences(document: Document, faults: Sequence[Fault], clusters: int) -> Iterator[str]:
    sharing: dict[tuple[FieldPath, str], list[str]] = {}
    for fault in faults:
        if fault.cluster is not None:
            sharing.setdefault((fault.field, fault.words), []).append(fault.cluster)
    for fault in faults:
        names = sharing.get((fault.field, fault.words), [])
        is_of_all = len(set(names)) == clusters > 1
        if fault.cluster is None:
            yield _sentence(document, fault.place, "", fault.place, fault.words)
        elif is_of_all or fault.place[0] == "defaults":
            place = ("defaults", *fault.field)
            who = f"all {clusters} clusters" if is_of_all else _listed(names)
            yield _sentence(document, place, "defaults:", fault.field, f"{fault.words} ({who})")
        else:
            who = f"cluster {fault.cluster}:"
            yield _sentence(document, fault.place, who, fault.field, fault.words)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    noun = "cluster" if len(names) == 1 else "clusters"
    return f"{len(names)} {noun}: {', '.join(names[:MOST_NAMES])}{more}"


def _sentence(document: Document, place: FieldPath, who: str, field: FieldPath, words: str) -> str:
    where = f"{document.path}:{document.line_of(place)}:"
    name = ".".join(str(part) for part in field)
    return " ".join(part for part in (where, who, name, words) if part)
