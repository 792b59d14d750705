"""Frozen data: immutable directories that are counted and deleted when nobody refers to them."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from sandbox.warehouse.access import Access
from sandbox.warehouse.errors import NoSuchWarehouseError

BYTES_PER_MEGABYTE = 1024 * 1024


@dataclass
class Image:
    """The data of a cluster at one instant.

    :param main_database: the database the cluster was created with.
    """

    image_id: str
    directory: Path
    main_database: str
    access: Access
    references: int = 1

    @property
    def size_megabytes(self) -> int:
        """Size of the files, rounded up, at least 1."""
        size = sum(file.stat().st_size for file in self.directory.iterdir())
        return max(1, -(-size // BYTES_PER_MEGABYTE))


class Images:
    """All images, with their reference counts. Thread safe."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._images: dict[str, Image] = {}
        self._kept: dict[str, int] = {}

    def add(self, image: Image) -> None:
        """Register a new image that its maker refers to once."""
        with self._lock:
            self._images[image.image_id] = image

    def find(self, image_id: str) -> Image:
        """Return an image.

        :raises NoSuchWarehouseError: it never was, or its last reference is gone.
        """
        with self._lock:
            if image_id not in self._images:
                raise NoSuchWarehouseError(f"there is no image {image_id!r} of a cluster's data")
            return self._images[image_id]

    def retain(self, image_id: str) -> Image:
        """Add a reference."""
        with self._lock:
            image = self.find(image_id)
            image.references += 1
            return image

    def retain_if_alive(self, image_id: str | None) -> bool:
        """Add a reference if the image still exists; tell whether it does."""
        with self._lock:
            if image_id not in self._images:
                return False
            self._images[image_id].references += 1
            return True

    def release(self, image_id: str) -> None:
        """Remove a reference; the last one deletes the files."""
        with self._lock:
            image = self.find(image_id)
            image.references -= 1
            if image.references > 0:
                return
            del self._images[image_id]
        shutil.rmtree(image.directory)

    def keep(self) -> None:
        """Let all images outlive :meth:`clear`, with the references that they have now.

        One more is held, so that no release deletes the files.
        """
        with self._lock:
            for image in self._images.values():
                image.references += 1
            self._kept = {name: image.references for name, image in self._images.items()}

    def clear(self, *, kept: bool = False) -> None:
        """Forget images and delete their files.

        :param kept: those too that were to be kept.
        """
        with self._lock:
            if kept:
                self._kept = {}
            gone = [image for name, image in self._images.items() if name not in self._kept]
            self._images = {name: self._images[name] for name in self._kept}
            for name, image in self._images.items():
                image.references = self._kept[name]
        for image in gone:
            shutil.rmtree(image.directory)
