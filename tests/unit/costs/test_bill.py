"""A month's bill: what is counted, by which rule, and what is left open without a price."""

import pytest

from costs.bill import Habits, Prices, bill
from costs.shelf import Shelf, StoredSnapshot, shelves_of


def stored(
    number: int = 1,
    total: float = 1000.0,
    incremental: float = 20.0,
    node_type: str = "ra3.4xlarge",
    cluster: str = "orders",
    is_ours: bool = True,
) -> StoredSnapshot:
    return StoredSnapshot(f"{cluster}-{number}", cluster, node_type, 2, total, incremental, is_ours)


def test_each_snapshot_of_ra3_counts_in_full() -> None:
    shelf = Shelf([stored(number) for number in range(7)])
    assert shelf.billed_gigabytes == 7000.0
    assert shelf.billed_gigabytes_of(30) == 30_000.0


def test_snapshots_of_rg_count_their_unique_blocks() -> None:
    shelf = Shelf([stored(number, node_type="rg.4xlarge") for number in range(7)])
    assert shelf.billed_gigabytes == 1000.0 + 6 * 20.0
    assert shelf.billed_gigabytes_of(30) == 1000.0 + 29 * 20.0
    assert shelf.billed_gigabytes_of(0) == 0.0


def test_unique_blocks_are_never_more_than_everything() -> None:
    # The first manual snapshot of a cluster tells its whole size as its increment.
    shelf = Shelf([stored(number, incremental=5000.0, node_type="rg.large") for number in (1, 2)])
    assert shelf.billed_gigabytes == 2000.0
    assert shelf.billed_gigabytes_of(3) == 3000.0


def test_clusters_are_told_apart_and_counted_with_what_is_not_ours() -> None:
    shelves = shelves_of([stored(1), stored(2, cluster="billing"), stored(3, is_ours=False)])
    assert [one.cluster_identifier for one in shelves] == ["billing", "orders"]
    assert (len(shelves[1].snapshots), shelves[1].ours) == (2, 1)


def test_the_worked_example_of_the_page() -> None:
    shelf = Shelf([stored(number) for number in range(7)])
    prices = Prices(
        snapshot_gb_month=0.03,
        aws_backup_gb_month=0.06,
        node_hour=4.0,
        alarm_month=0.2,
        key_month=1.5,
    )
    lines = bill([shelf], prices, Habits(kept=14, test_hours=2.0, alarms=15, keys=3))
    assert [line.cost and round(line.cost, 2) for line in lines] == [210.0, 420.0, 69.52, 3.0, 4.5]
    assert [line.aws_backup for line in lines] == [420.0, 840.0, None, None, None]
    assert [line.unit for line in lines] == ["GB-months"] * 2 + ["node-hours", "alarms", "keys"]


def test_without_a_price_there_is_a_quantity_and_no_cost() -> None:
    lines = bill([Shelf([stored()])], Prices(), Habits(7, 1.0, 2, 3))
    assert all(line.cost is None and line.aws_backup is None for line in lines)
    assert lines[1].quantity == 7000.0


@pytest.mark.parametrize("node_type", ["ra3.large", "dc2.large", ""])
def test_what_is_not_known_to_be_billed_by_blocks_counts_in_full(node_type: str) -> None:
    shelf = Shelf([stored(1, node_type=node_type), stored(2, node_type=node_type)])
    assert shelf.billed_gigabytes == 2000.0
