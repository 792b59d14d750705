"""Objects of the sandbox's S3, whose bucket names are global as on AWS."""

from dataclasses import dataclass
from typing import Any

from moto.s3.models import s3_backends

from sandbox.warehouse.errors import SqlError


@dataclass(frozen=True)
class Location:
    """``s3://bucket/key``."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "Location":
        """Read a URI.

        :raises SqlError: it is not one of S3.
        """
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket:
            raise SqlError(
                f"'{uri}' is not the URI of an object or prefix in S3 (s3://bucket/prefix)"
            )
        return cls(bucket, key)

    @property
    def uri(self) -> str:
        """The URI."""
        return f"s3://{self.bucket}/{self.key}"


def read_objects(location: Location) -> list[tuple[Location, bytes]]:
    """Return all objects under a prefix, in order of their keys.

    :raises SqlError: no such bucket, or nothing under the prefix.
    """
    bucket = _bucket(location.bucket)[1]
    keys = sorted(key for key in bucket.keys if key.startswith(location.key))
    if not keys:
        raise SqlError(f"The specified S3 prefix '{location.key}' does not exist")
    return [(Location(location.bucket, key), bucket.keys[key].value) for key in keys]


def read_object(location: Location) -> bytes:
    """Return one object.

    :raises SqlError: no such bucket or object.
    """
    bucket = _bucket(location.bucket)[1]
    if location.key not in bucket.keys:
        raise SqlError(f"The specified S3 prefix '{location.key}' does not exist")
    value: bytes = bucket.keys[location.key].value
    return value


def region_of(location: Location) -> str:
    """Return the region of a bucket."""
    return str(_bucket(location.bucket)[1].region_name)


def write_object(location: Location, body: bytes) -> None:
    """Store an object."""
    backend = _bucket(location.bucket)[0]
    backend.put_object(location.bucket, location.key, body)


def exists(location: Location) -> bool:
    """Tell whether an object exists."""
    return location.key in _bucket(location.bucket)[1].keys


def _bucket(name: str) -> tuple[Any, Any]:
    for partitions in list(s3_backends.values()):
        for backend in list(partitions.values()):
            if name in backend.buckets:
                return backend, backend.buckets[name]
    raise SqlError(
        "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket"
        f" (bucket {name})"
    )
