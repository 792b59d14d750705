"""An event as a frozen dataclass; every fault is named at once, before any call to AWS."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redshift_backup.caller import DR_FUNCTION_NAME, Caller
from redshift_backup.errors import (
    BackupError,
    BadRequestError,
    ConfigError,
    RefusedError,
    ShareRefusedError,
    SlotRefusedError,
)
from redshift_backup.fields import (
    COMMON_FIELDS,
    DRY_RUN_BY_DEFAULT,
    FIELDS_OF,
    READERS,
    REQUIRED_FIELDS_OF,
    FieldError,
    shown,
)
from redshift_backup.model import Chain, iso_utc
from redshift_backup.retention import Policy
from redshift_backup.settings import CONTRACT_ACTIONS, Settings
from redshift_backup.slots import FUTURE_TOLERANCE, Window

# Lambda cuts an answer at 256 KB.
_MOST_FAULTS_SHOWN = 100
# They neither share nor judge what is shared; release does without the judgement.
_WITHOUT_TARGETS = frozenset({"create", "hold", "release", "stamp", "sweep"})
_OF_ALL_CLUSTERS = frozenset({"reconcile", "sweep"})
# The DR account's snapshots are copies that restore tests make; it has no cluster of its own.
_NOT_IN_DR_ACCOUNT = frozenset({"backup", "create", "adopt"})
_IN_DR_ACCOUNT_ONLY = frozenset({"sweep"})


@dataclass(frozen=True)
class Request:
    """What to do, complete and allowed.

    :ivar cluster_identifier: None for ``reconcile`` and ``sweep`` of every allowed cluster.
    :ivar is_of_copies: the DR account's function was asked: its snapshots are copies.
    :ivar has_slot: the event named the slot; without it the slot is the invocation's time.
    :ivar target_account_ids: the required accounts; empty in the DR account, and where the
        deployment names none and the action needs none.
    :ivar reason: why a snapshot is held, or released.
    :ivar snapshot_ids: and ``identifier_pattern``: what to adopt; exactly one is not None.
    """

    action: str
    cluster_identifier: str | None
    window: Window
    has_slot: bool
    dry_run: bool
    correlation_id: str
    target_account_ids: tuple[str, ...]
    retention_days: int
    keep_weekly: int
    keep_monthly: int
    snapshot_id: str | None
    revoke_strangers: bool
    approved_plan_sha256: str | None
    when_paused: str
    reason: str | None = None
    snapshot_ids: tuple[str, ...] | None = None
    identifier_pattern: str | None = None
    result: str | None = None
    verified_at: datetime | None = None
    restore_seconds: float | None = None
    evidence_uri: str | None = None
    is_of_copies: bool = False

    def chain(self, cluster_identifier: str, settings: Settings) -> Chain:
        """Return the chain of a cluster under this request."""
        if self.is_of_copies:
            return Chain.of_copies(cluster_identifier)
        return Chain(
            cluster_identifier,
            settings.prefix_of(cluster_identifier),
            frozenset(self.target_account_ids),
        )

    def policy(self, settings: Settings) -> Policy:
        """Return the rules a prune of this request follows."""
        return Policy(
            retention_days=self.retention_days,
            keep_weekly=self.keep_weekly,
            keep_monthly=self.keep_monthly,
            minimum_snapshots=settings.minimum_snapshots,
            maximum_age_hours=settings.maximum_age_hours,
            max_deletions=settings.max_deletions,
            max_deletions_approved=settings.max_deletions_approved,
        )


class _Faults:
    """Collects faults with the error that each of them alone would be."""

    def __init__(self) -> None:
        self._found: list[tuple[type[BackupError], str]] = []

    def add(self, kind: type[BackupError], sentence: str) -> None:
        self._found.append((kind, sentence))

    def raise_if_any(self) -> None:
        if not self._found:
            return
        kinds = {kind for kind, _ in self._found}
        kind: type[BackupError] = RefusedError
        if BadRequestError in kinds:
            kind = BadRequestError
        elif len(kinds) == 1:
            kind = kinds.pop()
        sentences = [sentence for _, sentence in self._found]
        if len(sentences) == 1:
            raise kind(f"the event is refused and nothing was changed: {sentences[0]}")
        shown_first = sentences[:_MOST_FAULTS_SHOWN]
        listed = "; ".join(f"({number}) {one}" for number, one in enumerate(shown_first, start=1))
        if len(sentences) > len(shown_first):
            listed += f"; and {len(sentences) - len(shown_first)} more"
        raise kind(f"the event has {len(sentences)} faults and nothing was changed: {listed}")


class _Parser:
    """Reads one payload; every method reads one thing and adds what is wrong with it."""

    def __init__(self, payload: Mapping[str, Any], settings: Settings, caller: Caller) -> None:
        self.payload = payload
        self.settings = settings
        self.caller = caller
        self.faults = _Faults()
        self.action = self._read_action()
        self.values = self._read_fields()

    def _read_action(self) -> str:
        action = self.payload.get("action", "backup")
        enabled = ", ".join(self.settings.enabled_actions) or "none"
        if not isinstance(action, str) or action not in CONTRACT_ACTIONS:
            hint = _did_you_mean(action, CONTRACT_ACTIONS)
            self.faults.add(
                BadRequestError,
                f"action is {shown(action)}, which is not an action{hint}; enabled here: {enabled}",
            )
            return ""
        if action not in self.settings.enabled_actions:
            self.faults.add(
                RefusedError, f"action {action!r} is not enabled here; enabled here: {enabled}"
            )
        return action

    def _read_fields(self) -> dict[str, Any]:
        of_action = FIELDS_OF.get(self.action, frozenset(READERS))
        values: dict[str, Any] = {}
        for name, value in self.payload.items():
            if name == "action":
                continue
            if name not in READERS:
                hint = _did_you_mean(name, COMMON_FIELDS | of_action)
                self.faults.add(BadRequestError, f"unknown field {shown(name)}{hint}")
                continue
            if name not in COMMON_FIELDS | of_action:
                self.faults.add(
                    BadRequestError, f"field {name!r} does not belong to action {self.action!r}"
                )
            try:
                values[name] = READERS[name](value)
            except FieldError as error:
                self.faults.add(BadRequestError, f"{name} is {shown(value)}, {error}")
        return values

    def cluster_identifier(self) -> str | None:
        cluster = self.values.get("cluster_identifier")
        if "cluster_identifier" in self.payload:
            if cluster is not None and not self.settings.allows_cluster(cluster):
                self.faults.add(
                    RefusedError,
                    f"cluster {cluster!r} is not one that ALLOWED_CLUSTERS of the deployment "
                    f"names: {', '.join(self.settings.allowed_clusters) or 'none'}",
                )
            return cluster
        if self.action in _OF_ALL_CLUSTERS:
            return None
        default = self.settings.cluster_identifier
        if default is None:
            self.faults.add(
                BadRequestError,
                "cluster_identifier is missing, and the deployment sets no CLUSTER_IDENTIFIER",
            )
        elif not self.settings.allows_cluster(default):
            self.faults.add(
                RefusedError, f"CLUSTER_IDENTIFIER {default!r} is not within ALLOWED_CLUSTERS"
            )
        return default

    def check_account(self) -> None:
        if self.caller.is_dr_account and self.action in _NOT_IN_DR_ACCOUNT:
            self.faults.add(
                RefusedError,
                f"action {self.action!r} is one of the source account; the DR account's snapshots "
                "are copies that restore tests make",
            )
        if self.action in _IN_DR_ACCOUNT_ONLY and not self.caller.is_dr_account:
            self.faults.add(
                RefusedError,
                f"action {self.action!r} deletes clusters of restore tests and is one of the DR "
                f"account; invoke {DR_FUNCTION_NAME} there, not {self.caller.function_name}",
            )

    def target_account_ids(self) -> tuple[str, ...]:
        one, many = self.values.get("target_account_id"), self.values.get("target_account_ids", ())
        if one is not None and many and one not in many:
            self.faults.add(
                BadRequestError,
                f"target_account_id {one!r} is not among target_account_ids; give one of the two",
            )
        accounts = tuple(dict.fromkeys((*((one,) if one is not None else ()), *many)))
        if self.caller.is_dr_account:
            if accounts or self.action == "share":
                self.faults.add(ShareRefusedError, "the DR account shares with nobody")
            return ()
        if not accounts and not self.payload.keys() & {"target_account_id", "target_account_ids"}:
            accounts = tuple(filter(None, (self.settings.target_account_id,)))
            if not accounts and self.action not in _WITHOUT_TARGETS:
                self.faults.add(
                    BadRequestError,
                    "target_account_id is missing, and the deployment sets no TARGET_ACCOUNT_ID",
                )
        for account in accounts:
            self._check_target(account)
        return accounts

    def _check_target(self, account: str) -> None:
        allowed = self.settings.allowed_target_account_ids
        if account == self.caller.account_id:
            self.faults.add(
                ShareRefusedError,
                f"target account {account} is the account that owns the snapshots; a backup "
                "belongs into another one",
            )
        elif account not in allowed:
            self.faults.add(
                ShareRefusedError,
                f"target account {account} is not one that ALLOWED_TARGET_ACCOUNT_IDS of the "
                f"deployment names: {', '.join(allowed) or 'none'}",
            )

    def retention_days(self) -> int:
        days = int(self.values.get("retention_days", self.settings.retention_days))
        if days < self.settings.minimum_retention_days:
            self.faults.add(
                RefusedError,
                f"retention_days is {days}, less than MINIMUM_RETENTION_DAYS of the deployment, "
                f"which is {self.settings.minimum_retention_days}; an event may only lengthen it",
            )
        return days

    def window(self, retention_days: int, now: datetime) -> Window:
        slot: datetime = self.values.get("slot", now.replace(microsecond=0))
        default_end = slot + timedelta(hours=self.settings.slot_window_hours)
        end: datetime = self.values.get("slot_end", default_end)
        if "slot_end" in self.values and "slot" not in self.payload:
            self.faults.add(BadRequestError, "slot_end is given without a slot")
        elif end <= slot:
            self.faults.add(
                BadRequestError, f"slot_end {iso_utc(end)} is not after slot {iso_utc(slot)}"
            )
        if slot > now + FUTURE_TOLERANCE:
            self.faults.add(
                SlotRefusedError,
                f"slot {iso_utc(slot)} is more than 5 minutes ahead of {iso_utc(now)}",
            )
        elif slot < now - timedelta(days=retention_days):
            self.faults.add(
                SlotRefusedError,
                f"slot {iso_utc(slot)} is older than the retention of {retention_days} days "
                f"at {iso_utc(now)}; its snapshot would be pruned at once",
            )
        return Window(slot, end)

    def check_required(self) -> None:
        for name in REQUIRED_FIELDS_OF.get(self.action, ()):
            if name not in self.payload:
                self.faults.add(BadRequestError, f"{name} is missing; {self.action} needs it")
        selectors = self.payload.keys() & {"snapshot_ids", "identifier_pattern"}
        if self.action == "adopt" and len(selectors) != 1:
            self.faults.add(
                BadRequestError,
                f"{len(selectors)} of snapshot_ids and identifier_pattern are given to say what to "
                "adopt; give exactly one",
            )

    def verified_at(self, now: datetime) -> datetime | None:
        verified_at: datetime | None = self.values.get("verified_at")
        if verified_at is not None and verified_at > now + FUTURE_TOLERANCE:
            self.faults.add(
                RefusedError,
                f"verified_at {iso_utc(verified_at)} is more than 5 minutes ahead of "
                f"{iso_utc(now)}; a restore test that has not been is no proof",
            )
        return verified_at


def parse_request(event: object, settings: Settings, caller: Caller, *, now: datetime) -> Request:
    """Read an event: ours, or EventBridge's envelope around it.

    :param now: the invocation's time, aware UTC; the slot of an event that names none.
    :raises BadRequestError: a field is malformed; the message names every fault of the event.
    :raises RefusedError: well-formed, but the deployment's limits forbid it; the kind that all
        faults share, or this one.
    :raises ConfigError: the DR account's function was given a target account.
    """
    if caller.is_dr_account and settings.target_account_id is not None:
        raise ConfigError(
            f"TARGET_ACCOUNT_ID is {settings.target_account_id} for {DR_FUNCTION_NAME}, whose "
            "own account is the target; unset it in the deployment"
        )
    parser = _Parser(_unwrap(event), settings, caller)
    values = parser.values
    cluster_identifier = parser.cluster_identifier()
    target_account_ids = parser.target_account_ids()
    retention_days = parser.retention_days()
    window = parser.window(retention_days, now)
    verified_at = parser.verified_at(now)
    parser.check_required()
    parser.check_account()
    parser.faults.raise_if_any()
    return Request(
        action=parser.action,
        cluster_identifier=cluster_identifier,
        window=window,
        has_slot="slot" in values,
        dry_run=values.get("dry_run", parser.action in DRY_RUN_BY_DEFAULT),
        correlation_id=values.get("correlation_id", caller.request_id),
        target_account_ids=target_account_ids,
        retention_days=retention_days,
        keep_weekly=values.get("keep_weekly", 0),
        keep_monthly=values.get("keep_monthly", 0),
        snapshot_id=values.get("snapshot_id"),
        revoke_strangers=values.get("revoke_strangers", False),
        approved_plan_sha256=values.get("approved_plan_sha256"),
        when_paused=values.get("when_paused", "refuse"),
        reason=values.get("reason"),
        snapshot_ids=values.get("snapshot_ids"),
        identifier_pattern=values.get("identifier_pattern"),
        result=values.get("result"),
        verified_at=verified_at,
        restore_seconds=values.get("restore_seconds"),
        evidence_uri=values.get("evidence_uri"),
        is_of_copies=caller.is_dr_account,
    )


def _unwrap(event: object) -> dict[str, Any]:
    if not isinstance(event, Mapping):
        raise BadRequestError(
            f"the event is refused and nothing was changed: it is {shown(event)}, not an object "
            'such as {"action": "backup"}'
        )
    if "detail-type" not in event:
        return dict(event)
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise BadRequestError(
            "the event is refused and nothing was changed: detail of the EventBridge event is "
            f"{shown(detail)}, not an object"
        )
    if "time" not in event and "slot" not in detail:
        raise BadRequestError(
            "the event is refused and nothing was changed: time of the EventBridge event is missing"
        )
    if READERS.keys() & event.keys():
        # One that was meant to limit the action, such as dry_run, must not be passed over.
        raise BadRequestError(
            "the event is refused and nothing was changed: the EventBridge event has "
            f"{', '.join(sorted(READERS.keys() & event.keys()))} beside detail; put what the "
            "action takes into detail"
        )
    # The payload is the more specific of the two; the envelope only fills its gap.
    return {"slot": event.get("time")} | dict(detail)


def _did_you_mean(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), sorted(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""
