"""Pages of a listing, cut by hand: stable while items come and go between two pages."""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.redshift.errors import bad_value

LOWEST, HIGHEST = 20, 100
Item = TypeVar("Item")
SortKey = tuple[str | float, ...]


def page(
    items: Sequence[Item],
    key: Callable[[Item], SortKey],
    *,
    marker: str | None,
    max_records: int | None,
    descending: bool = False,
) -> tuple[list[Item], str | None]:
    """Return one page of ``items`` in the order of ``key``, and the marker of the next one.

    The marker is the key of the last item given out, not a position: what was deleted since does
    not shift what follows.

    :param key: unique per item, made of strings and numbers.
    """
    size = HIGHEST if max_records is None else max_records
    if not LOWEST <= size <= HIGHEST:
        bad_value(f"MaxRecords is {size}: it must be between {LOWEST} and {HIGHEST}.")
    keyed = sorted(((key(item), index) for index, item in enumerate(items)))
    if marker:
        keys = [entry[0] for entry in keyed]
        last = _read_marker(marker, like=keys)
        keyed = (
            keyed[: bisect_left(keys, last)] if descending else keyed[bisect_right(keys, last) :]
        )
    if descending:
        keyed.reverse()
    chosen = keyed[:size]
    following = _write_marker(chosen[-1][0]) if len(keyed) > size else None
    return [items[index] for _, index in chosen], following


def _write_marker(key: SortKey) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_marker(marker: str, *, like: Sequence[SortKey]) -> SortKey:
    """Return the key in a marker, which has to be comparable with those of the listing."""
    try:
        values: Any = json.loads(base64.urlsafe_b64decode(marker.encode()))
    except (binascii.Error, ValueError):
        values = None
    kinds = [_kind(part) for part in like[0]] if like else None
    if not isinstance(values, list) or kinds not in (None, [_kind(value) for value in values]):
        bad_value(f"The marker {marker!r} is not valid.")
    return tuple(values)


def _kind(value: object) -> type:
    return float if isinstance(value, int | float) else type(value)
