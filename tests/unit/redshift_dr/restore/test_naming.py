"""The names of a drill's cluster and copy."""

from datetime import UTC, datetime

import pytest

from redshift_dr.restore.naming import (
    DRILL_PATTERN,
    dr_copy_identifier,
    drill_cluster_identifier,
    slot_of,
)


def test_name_is_the_same_for_every_try_and_another_for_every_run() -> None:
    first = drill_cluster_identifier("orders", "manual__2026-11-29T06:00:00+00:00")

    assert first == drill_cluster_identifier("orders", "manual__2026-11-29T06:00:00+00:00")
    assert first != drill_cluster_identifier("orders", "manual__2026-11-29T06:00:01+00:00")
    assert first.startswith("drill-orders-")


def test_clusters_that_are_cut_to_the_same_text_have_different_names() -> None:
    long = "a" * 60
    names = {drill_cluster_identifier(f"{long}{end}", "run") for end in ("b", "c")}

    assert len(names) == 2


@pytest.mark.parametrize("length", [1, 46, 47, 48, 49, 63])
def test_name_is_a_legal_identifier_however_long_the_cluster(length: int) -> None:
    for cluster in ("a" * length, ("ab-" * 21)[:length].rstrip("-")):
        name = drill_cluster_identifier(cluster, "run")

        assert len(name) <= 63
        assert "--" not in name
        assert DRILL_PATTERN.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["drill-orders", "drill-orders-1234567", "xdrill-orders-12345678", "drill--12345678"]
)
def test_other_names_are_no_drills(name: str) -> None:
    assert DRILL_PATTERN.fullmatch(name) is None


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("aca-lambda-snapshot-20261129-020000", datetime(2026, 11, 29, 2, tzinfo=UTC)),
        ("aca-lambda-snapshot-20261129-020000x", None),
        ("aca-lambda-snapshot-20261329-020000", None),
        ("20261129-020000", None),
        ("month-end", None),
    ],
)
def test_slot_is_read_from_the_whole_name(name: str, slot: datetime | None) -> None:
    assert slot_of(name) == slot


def test_copy_is_named_by_source_and_slot() -> None:
    slot = datetime(2026, 11, 29, 2, tzinfo=UTC)

    assert dr_copy_identifier("orders", slot) == "orders-dr-20261129-020000"
