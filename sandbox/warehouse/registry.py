"""The data of every cluster in the sandbox, and the images that snapshots keep of them."""

from pathlib import Path
from threading import RLock
from uuid import uuid4

from sandbox.temporary import make_directory, remove_directory
from sandbox.warehouse.access import User
from sandbox.warehouse.cluster import Warehouse
from sandbox.warehouse.errors import NoSuchWarehouseError
from sandbox.warehouse.images import Images
from sandbox.warehouse.session import Session

Key = tuple[str, str, str]
"""Account, region, cluster identifier."""
SUPERUSER = User("rdsdb", is_superuser=True)
"""The service's own user, under which the sandbox changes frozen data."""


class Warehouses:
    """Data of clusters, by account, region and cluster identifier. Thread safe.

    Images are immutable and counted: who gets one from :meth:`freeze` or :meth:`execute_on_image`
    holds one reference and gives it back with :meth:`release`.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._warehouses: dict[Key, Warehouse] = {}
        self._images = Images()
        self._root: Path | None = None

    def create(self, account_id: str, region: str, cluster_identifier: str, database: str) -> None:
        """Give a new cluster an empty database; what an older one of the name had is gone."""
        self._put(
            (account_id, region, cluster_identifier), Warehouse(self._new_path(), database.lower())
        )

    def freeze(self, account_id: str, region: str, cluster_identifier: str) -> str:
        """Make an image of a cluster's committed data, or return the last one if nothing changed.

        :return: the image's id, retained once for the caller.
        :raises NoSuchWarehouseError: the cluster has no data.
        """
        return self._freeze(self.find(account_id, region, cluster_identifier))

    def restore(self, image_id: str, account_id: str, region: str, cluster_identifier: str) -> None:
        """Give a new cluster the data, users and grants of an image (copied when first used)."""
        image = self._images.retain(image_id)
        warehouse = Warehouse(self._new_path(), image.main_database, image)
        self._put((account_id, region, cluster_identifier), warehouse)

    def delete(self, account_id: str, region: str, cluster_identifier: str) -> None:
        """Delete a cluster's data, if it has any. Images stay."""
        with self._lock:
            warehouse = self._warehouses.pop((account_id, region, cluster_identifier), None)
        self._discard(warehouse)

    def retain(self, image_id: str) -> None:
        """Add a reference to an image."""
        self._images.retain(image_id)

    def release(self, image_id: str) -> None:
        """Give a reference back; the last one deletes the image."""
        self._images.release(image_id)

    def size_megabytes(self, image_id: str) -> int:
        """Size of an image, at least 1."""
        return self._images.find(image_id).size_megabytes

    def execute_on_image(self, image_id: str, sql: str) -> tuple[str, int]:
        """Run one statement as superuser on a copy of an image.

        :return: id of the new image, retained once for the caller, and the number of rows that
            the statement changed (or returned, for a query). The old image stays as it was.
        :raises SqlError: the statement failed; there is no new image.
        """
        image = self._images.retain(image_id)
        warehouse = Warehouse(self._new_path(), image.main_database, image)
        try:
            with warehouse.lock:
                rows = Session(warehouse, warehouse.main_database, SUPERUSER).execute(sql).row_count
                return self._freeze(warehouse), rows
        finally:
            self._discard(warehouse)

    def find(self, account_id: str, region: str, cluster_identifier: str) -> Warehouse:
        """Return a cluster's data.

        :raises NoSuchWarehouseError: it has none.
        """
        with self._lock:
            warehouse = self._warehouses.get((account_id, region, cluster_identifier))
        if warehouse is None:
            raise NoSuchWarehouseError(
                f"cluster {cluster_identifier!r} of account {account_id} in {region} has no data"
            )
        return warehouse

    def keep(self) -> dict[Key, str]:
        """Make an image of every cluster; these outlive resets, and so do those of snapshots.

        :return: the images' ids, by cluster.
        """
        with self._lock:
            keys = list(self._warehouses)
        kept = {key: self.freeze(*key) for key in keys}
        self._images.keep()
        return kept

    def reset(self) -> None:
        """Delete all data, and all images but those that were kept."""
        with self._lock:
            warehouses = list(self._warehouses.values())
            self._warehouses.clear()
        for warehouse in warehouses:
            warehouse.close()
        self._images.clear()

    def close(self) -> None:
        """Delete everything, the directory included. It is made anew when used again."""
        self.reset()
        self._images.clear(kept=True)
        with self._lock:
            if self._root is not None:
                remove_directory(self._root)
                self._root = None

    def _freeze(self, warehouse: Warehouse) -> str:
        with warehouse.lock:
            known = warehouse.frozen_image_id
            if known is not None and self._images.retain_if_alive(known):
                return known
            directory = self._new_path()
            directory.mkdir()
            image = warehouse.freeze_into(directory, f"image-{uuid4().hex}")
            self._images.add(image)
            return image.image_id

    def _put(self, key: Key, warehouse: Warehouse) -> None:
        with self._lock:
            previous = self._warehouses.get(key)
            self._warehouses[key] = warehouse
        self._discard(previous)

    def _discard(self, warehouse: Warehouse | None) -> None:
        if warehouse is None:
            return
        warehouse.close()
        if warehouse.source_image_id is not None:
            self._images.release(warehouse.source_image_id)

    def _new_path(self) -> Path:
        with self._lock:
            if self._root is None:
                self._root = make_directory("redshift-sandbox-data-")
            return self._root / uuid4().hex


WAREHOUSES = Warehouses()
