"""The data of one cluster: opened when first used, frozen only when something changed."""

import shutil
from copy import deepcopy
from pathlib import Path
from threading import RLock

from sandbox.warehouse.access import Access
from sandbox.warehouse.engine import SUFFIX, Engine
from sandbox.warehouse.errors import NoSuchWarehouseError
from sandbox.warehouse.images import Image
from sandbox.warehouse.load_errors import LoadError


class Warehouse:
    """One cluster's databases, users and grants.

    Statements run one after the other (``lock``); a snapshot therefore sees all of a transaction
    or nothing of it.

    :param directory: the cluster's own; made when first used.
    :param source: image to start from; the caller has retained it for as long as this lives.
    """

    def __init__(self, directory: Path, main_database: str, source: Image | None = None) -> None:
        self.lock = RLock()
        self.main_database = main_database
        self.access = deepcopy(source.access) if source else Access()
        self.source_image_id = source.image_id if source else None
        self.frozen_image_id = self.source_image_id
        self.load_errors: list[LoadError] = []
        self._directory = directory
        self._source_directory = source.directory if source else None
        self._engine: Engine | None = None
        self._is_closed = False

    @property
    def engine(self) -> Engine:
        """The open databases; the first use copies the image or makes the first database.

        :raises NoSuchWarehouseError: the cluster has been deleted meanwhile.
        """
        if self._is_closed:
            raise NoSuchWarehouseError("the cluster's data have been deleted")
        if self._engine is None:
            self._directory.mkdir()
            if self._source_directory is not None:
                for file in self._source_directory.glob(f"*{SUFFIX}"):
                    shutil.copyfile(file, self._directory / file.name)
            self._engine = Engine(self._directory)
            if self._source_directory is None:
                self._engine.create_database(self.main_database)
        return self._engine

    @property
    def directory(self) -> Path:
        """Where the cluster's files are, and where files for COPY and UNLOAD may be put."""
        return self._directory

    def changed(self) -> None:
        """Note that data, users or grants differ from the last image."""
        self.frozen_image_id = None

    def freeze_into(self, directory: Path, image_id: str) -> Image:
        """Copy everything that is committed into a directory that exists."""
        self.engine.copy_to(directory)
        self.frozen_image_id = image_id
        return Image(image_id, directory, self.main_database, deepcopy(self.access))

    def close(self) -> None:
        """Close the databases and delete the files; waits for a running statement."""
        with self.lock:
            self._is_closed = True
            if self._engine is not None:
                self._engine.close()
                shutil.rmtree(self._directory)
