"""The manual snapshots of an account as a bill sees them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MEGABYTES_PER_GIGABYTE = 1024.0
# Redshift bills manual snapshots of these by the blocks that differ; those of others each in full.
_BILLED_BY_UNIQUE_BLOCKS = ("rg.",)


@dataclass(frozen=True)
class StoredSnapshot:
    """One manual snapshot of this account.

    :ivar total_gigabytes: of everything that a restore of it brings back.
    :ivar incremental_gigabytes: of what it holds beyond the snapshot before it, as AWS tells.
    :ivar is_ours: whether this project's function manages it.
    """

    identifier: str
    cluster_identifier: str
    node_type: str
    nodes: int
    total_gigabytes: float
    incremental_gigabytes: float
    is_ours: bool

    @property
    def is_billed_by_unique_blocks(self) -> bool:
        """Whether its cluster's family is billed by the blocks that differ."""
        return self.node_type.startswith(_BILLED_BY_UNIQUE_BLOCKS)


@dataclass(frozen=True)
class Shelf:
    """The manual snapshots of one cluster, oldest first; never empty."""

    snapshots: Sequence[StoredSnapshot]

    @property
    def cluster_identifier(self) -> str:
        """The cluster that all of them are of."""
        return self.snapshots[-1].cluster_identifier

    @property
    def newest(self) -> StoredSnapshot:
        """The snapshot whose size and nodes stand for those to come."""
        return self.snapshots[-1]

    @property
    def ours(self) -> int:
        """How many of them this project's function manages."""
        return sum(one.is_ours for one in self.snapshots)

    @property
    def total_gigabytes(self) -> float:
        """The sum of all sizes, as if no block were shared."""
        return sum(one.total_gigabytes for one in self.snapshots)

    @property
    def billed_gigabytes(self) -> float:
        """What Redshift counts: each in full, or an estimate of the blocks that differ.

        AWS tells no number of unique blocks for an account; the largest snapshot and what the
        others hold beyond their predecessors comes near it, and is never more than the total.
        """
        if not self.newest.is_billed_by_unique_blocks:
            return self.total_gigabytes
        largest = max(self.snapshots, key=lambda one: one.total_gigabytes)
        rest = sum(one.incremental_gigabytes for one in self.snapshots if one is not largest)
        return min(self.total_gigabytes, largest.total_gigabytes + rest)

    def billed_gigabytes_of(self, count: int) -> float:
        """What Redshift would count of ``count`` snapshots like the newest and its increments."""
        if not self.newest.is_billed_by_unique_blocks:
            return count * self.newest.total_gigabytes
        increments = [one.incremental_gigabytes for one in self.snapshots]
        usual = min(sum(increments) / len(increments), self.newest.total_gigabytes)
        return self.newest.total_gigabytes + max(count - 1, 0) * usual if count else 0.0


def shelves_of(snapshots: Iterable[StoredSnapshot]) -> list[Shelf]:
    """Group snapshots, oldest first, by their cluster; the clusters by name."""
    by_cluster: dict[str, list[StoredSnapshot]] = {}
    for one in snapshots:
        by_cluster.setdefault(one.cluster_identifier, []).append(one)
    grouped: Mapping[str, list[StoredSnapshot]] = dict(sorted(by_cluster.items()))
    return [Shelf(found) for found in grouped.values()]
