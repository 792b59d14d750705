"""Events: any JSON, valid ones by their schema's fields, and valid ones with something wrong."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from redshift_backup.fields import COMMON_FIELDS, FIELDS_OF, REQUIRED_FIELDS_OF
from tests.unit.redshift_backup.builders import SOURCE, TARGET
from tests.unit.redshift_backup.strategies import SECOND_TARGET

ACTIONS = sorted(FIELDS_OF)
# What AWS's own JSON can carry, and what only a Python caller or a lenient parser lets through.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, -1, 7.0, 10**30, 1e308]),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["7", "true", "null", "\ud800", "\x00", "x" * 100_000, "058264155998\n", "*"]),
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)


def nested(depth: int) -> list[Any]:
    """A list within a list, and so on."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


ODD = ANY_JSON | st.just(nested(30))
_WORD = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
_ACCOUNTS = st.sampled_from([TARGET, TARGET, TARGET, SECOND_TARGET, SOURCE])


@st.composite
def _instants(draw: st.DrawFn) -> str:
    offset = timedelta(minutes=draw(st.sampled_from([-59_990, -30, 0, 0, 0, 4, 60, 20_000])))
    instant = datetime.now(UTC).replace(microsecond=0) + offset
    return instant.isoformat().replace("+00:00", draw(st.sampled_from(["Z", "+00:00", ".5Z"])))


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "cluster_identifier": st.sampled_from(["orders"] * 4 + ["payments", "refunds"]) | _WORD,
    "slot": _instants(),
    "slot_end": st.just((datetime.now(UTC) + timedelta(days=30)).isoformat()),
    "dry_run": st.booleans(),
    "correlation_id": st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1),
    "target_account_id": _ACCOUNTS,
    "target_account_ids": st.lists(_ACCOUNTS, min_size=1, max_size=3),
    "retention_days": st.integers(1, 20) | st.integers(1, 3653),
    "keep_weekly": st.integers(0, 520),
    "keep_monthly": st.integers(0, 120),
    "snapshot_id": st.just("orders-lambda-snapshot-20260101-000000") | _WORD,
    "revoke_strangers": st.booleans(),
    "approved_plan_sha256": st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    "when_paused": st.sampled_from(["refuse", "skip"]),
    "reason": st.sampled_from(["legal hold", "audit 2026 / Zürich"]),
    "snapshot_ids": st.lists(_WORD, min_size=1, max_size=3),
    "identifier_pattern": st.sampled_from(["*", "orders-*", "rs:orders?"]),
    "result": st.sampled_from(["passed", "failed"]),
    "verified_at": _instants(),
    "restore_seconds": st.integers(0, 9999) | st.floats(0, 9999),
    "evidence_uri": st.just("s3://evidence-bucket/runs/2026-01-01.json"),
}


@st.composite
def valid_payloads(draw: st.DrawFn) -> dict[str, Any]:
    """An event with every required field and some of the others, each well-formed."""
    action = draw(st.sampled_from(ACTIONS))
    needed = set(REQUIRED_FIELDS_OF.get(action, ()))
    if action == "adopt":
        needed.add(draw(st.sampled_from(["snapshot_ids", "identifier_pattern"])))
    optional = sorted(
        (COMMON_FIELDS | FIELDS_OF[action])
        - needed
        - {"action", "snapshot_ids"}
        - {"identifier_pattern"}
    )
    chosen = needed | set(draw(st.lists(st.sampled_from(optional), unique=True, max_size=5)))
    if "slot_end" in chosen:
        chosen.add("slot")
    if action != "backup" or draw(st.booleans()):
        return {"action": action} | {name: draw(FIELDS[name]) for name in sorted(chosen)}
    return {name: draw(FIELDS[name]) for name in sorted(chosen)}


@st.composite
def mutated_payloads(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event of which up to three fields are wrong, missing, unknown or another action's."""
    payload = draw(valid_payloads())
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["replace", "drop", "unknown", "stray"]))
        if kind == "unknown":
            payload[draw(st.text(max_size=12))] = draw(ODD)
        elif kind == "stray":
            name = draw(st.sampled_from(sorted(FIELDS)))
            payload[name] = draw(FIELDS[name])
        elif payload:
            name = draw(st.sampled_from(sorted(payload)))
            if kind == "replace":
                payload[name] = draw(ODD)
            else:
                del payload[name]
    return payload


def _enveloped(payload: object) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"detail-type": st.just("Scheduled Event") | SCALARS, "detail": st.just(payload)},
        optional={"time": _instants() | SCALARS, "source": st.just("aws.events")},
    )


PAYLOADS = valid_payloads() | mutated_payloads()
EVENTS = st.one_of(ANY_JSON, PAYLOADS, PAYLOADS, PAYLOADS.flatmap(_enveloped), ODD)
