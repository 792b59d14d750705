"""The function's environment as a frozen dataclass; every fault is named at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from redshift_backup.errors import ConfigError

CONTRACT_ACTIONS = (
    "backup",
    "create",
    "share",
    "prune",
    "reconcile",
    "status",
    "check",
    "hold",
    "release",
    "adopt",
    "stamp",
    "sweep",
)
# It deletes clusters: only a deployment that says so has it.
_NOT_BY_DEFAULT = frozenset({"sweep"})
# Redshift's own rule: lower-case words joined by single hyphens, a letter first.
IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.A)
ACCOUNT_ID = re.compile(r"\d{12}", re.A)
MAXIMUM_CLUSTER_IDENTIFIER_LENGTH = 63
MAXIMUM_IDENTIFIER_LENGTH = 255
MAXIMUM_RETENTION_DAYS = 3653
_SLOT_SUFFIX_LENGTH = len("-20250918-143022")


@dataclass(frozen=True)
class Settings:
    """What the deployment decides; no event lifts it (contract, section 3)."""

    cluster_identifier: str | None
    target_account_id: str | None
    retention_days: int
    snapshot_prefix: str
    allowed_clusters: tuple[str, ...]
    allowed_target_account_ids: tuple[str, ...]
    minimum_snapshots: int
    minimum_retention_days: int
    max_deletions: int
    max_deletions_approved: int
    maximum_age_hours: int
    slot_window_hours: int
    enabled_actions: tuple[str, ...]
    evidence_bucket: str | None

    def allows_cluster(self, cluster_identifier: str) -> bool:
        """Tell whether the deployment lets this function touch the cluster's snapshots."""
        return any(fnmatchcase(cluster_identifier, name) for name in self.allowed_clusters)

    def prefix_of(self, cluster_identifier: str) -> str:
        """Return the prefix of our snapshot identifiers for the cluster."""
        if cluster_identifier == self.cluster_identifier:
            return self.snapshot_prefix
        return f"{cluster_identifier}-lambda-snapshot"


@dataclass
class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    environment: Mapping[str, str]
    faults: list[str] = field(default_factory=list)

    def text(self, name: str, pattern: re.Pattern[str], meaning: str) -> str | None:
        value = self.environment.get(name)
        if value is not None and not pattern.fullmatch(value):
            self.faults.append(f"{name} is {value!r}, which is not {meaning}")
            return None
        return value

    def number(self, name: str, default: int, *, minimum: int, maximum: int = 100_000) -> int:
        value = self.environment.get(name)
        if value is None:
            return default
        if not re.fullmatch(r"\d{1,9}", value, re.A) or not minimum <= int(value) <= maximum:
            self.faults.append(
                f"{name} is {value!r}, which is not a whole number from {minimum} to {maximum}"
            )
            return default
        return int(value)

    def names(
        self, name: str, default: str | None, pattern: re.Pattern[str], meaning: str
    ) -> tuple[str, ...]:
        value = self.environment.get(name, default)
        if value is None:
            return ()
        names = tuple(dict.fromkeys(part.strip() for part in value.split(",")))
        wrong = [part for part in names if not pattern.fullmatch(part)]
        if wrong:
            listed = ", ".join(repr(part) for part in wrong)
            self.faults.append(f"{name} is {value!r}, in which {listed} is not {meaning}")
        return names


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment of the function.

    :param environment: names and values, as in ``os.environ``.
    :raises ConfigError: one sentence for every variable that is missing, malformed or
        contradicts another; nothing falls back to something weaker.
    """
    reader = _Reader(environment)
    cluster_identifier = reader.text("CLUSTER_IDENTIFIER", IDENTIFIER, "a cluster identifier")
    target_account_id = reader.text("TARGET_ACCOUNT_ID", ACCOUNT_ID, "a 12-digit account id")
    retention_days = reader.number("RETENTION_DAYS", 7, minimum=1, maximum=MAXIMUM_RETENTION_DAYS)
    max_deletions = reader.number("MAX_DELETIONS", 20, minimum=0)
    settings = Settings(
        cluster_identifier=cluster_identifier,
        target_account_id=target_account_id,
        retention_days=retention_days,
        snapshot_prefix=reader.text("SNAPSHOT_PREFIX", IDENTIFIER, "lower-case words and hyphens")
        or "aca-lambda-snapshot",
        allowed_clusters=reader.names(
            "ALLOWED_CLUSTERS",
            cluster_identifier,
            re.compile(r"[a-z][a-z0-9-]*\*?|\*", re.A),
            "a cluster identifier or a pattern that ends in *",
        ),
        allowed_target_account_ids=reader.names(
            "ALLOWED_TARGET_ACCOUNT_IDS", target_account_id, ACCOUNT_ID, "a 12-digit account id"
        ),
        minimum_snapshots=reader.number("MINIMUM_SNAPSHOTS", 2, minimum=1),
        minimum_retention_days=reader.number(
            "MINIMUM_RETENTION_DAYS", retention_days, minimum=1, maximum=MAXIMUM_RETENTION_DAYS
        ),
        max_deletions=max_deletions,
        # An approved plan may never do less than one that needs no approval.
        max_deletions_approved=max(
            reader.number("MAX_DELETIONS_APPROVED", 200, minimum=0), max_deletions
        ),
        maximum_age_hours=reader.number("MAXIMUM_AGE_HOURS", 26, minimum=1),
        slot_window_hours=reader.number("SLOT_WINDOW_HOURS", 24, minimum=1),
        enabled_actions=_enabled_actions(reader),
        evidence_bucket=reader.text("EVIDENCE_BUCKET", re.compile(r"\S{3,63}"), "a bucket name"),
    )
    _check_together(settings, reader)
    if reader.faults:
        raise ConfigError(
            f"the function's environment has {len(reader.faults)} fault(s): "
            + "; ".join(reader.faults)
            + ". Correct the deployment's parameters and deploy again"
        )
    return settings


def _enabled_actions(reader: _Reader) -> tuple[str, ...]:
    names = reader.names(
        "ENABLED_ACTIONS",
        ",".join(name for name in CONTRACT_ACTIONS if name not in _NOT_BY_DEFAULT),
        re.compile("|".join(CONTRACT_ACTIONS)),
        f"one of {', '.join(CONTRACT_ACTIONS)}",
    )
    return tuple(name for name in CONTRACT_ACTIONS if name in names)


def _check_together(settings: Settings, reader: _Reader) -> None:
    if not settings.allowed_clusters and "CLUSTER_IDENTIFIER" not in reader.environment:
        reader.faults.append("neither CLUSTER_IDENTIFIER nor ALLOWED_CLUSTERS is set")
    if settings.minimum_retention_days > settings.retention_days:
        reader.faults.append(
            f"MINIMUM_RETENTION_DAYS is {settings.minimum_retention_days}, more than "
            f"RETENTION_DAYS, which is {settings.retention_days}"
        )
    if len(settings.cluster_identifier or "") > MAXIMUM_CLUSTER_IDENTIFIER_LENGTH:
        reader.faults.append(
            f"CLUSTER_IDENTIFIER has {len(settings.cluster_identifier or '')} characters; "
            f"Redshift allows {MAXIMUM_CLUSTER_IDENTIFIER_LENGTH}"
        )
    longest = MAXIMUM_IDENTIFIER_LENGTH - _SLOT_SUFFIX_LENGTH
    if len(settings.snapshot_prefix) > longest:
        reader.faults.append(
            f"SNAPSHOT_PREFIX has {len(settings.snapshot_prefix)} characters; with the slot "
            f"after it Redshift allows {longest}"
        )
