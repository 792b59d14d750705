"""Where evidence is kept: its keys, and the calls that read and write it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

DOCUMENT = "evidence.json"
REPORT = "report.html"
_STARTED_FORMAT = "%Y%m%d-%H%M%S"


@dataclass(frozen=True)
class Folder:
    """The folder of one drill in the evidence bucket.

    :ivar bucket: the bucket.
    :ivar cluster_identifier: the source cluster.
    :ivar started_at: when the drill began, UTC; the same for every try of the same drill.
    :ivar drill_cluster: the name of the restored cluster, made of the run's id.
    """

    bucket: str
    cluster_identifier: str
    started_at: datetime
    drill_cluster: str

    @property
    def siblings(self) -> str:
        """The prefix of all drills of the cluster."""
        return f"drills/{self.cluster_identifier}/"

    @property
    def prefix(self) -> str:
        """The prefix of this drill."""
        started = self.started_at.strftime(_STARTED_FORMAT)
        return f"{self.siblings}{started}-{self.drill_cluster}/"

    def uri(self, name: str) -> str:
        """Where one of its files is, as ``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.prefix}{name}"


class EvidenceBucket:
    """The calls. A drill's files are written again under the same keys, never others.

    :param client: a boto3 client of S3.
    :param folder: of the drill.

    IAM: ``s3:PutObject`` and ``s3:GetObject`` on ``drills/*``, ``s3:ListBucket`` on the bucket
    with the prefix ``drills/*``; without the last a missing object answers ``AccessDenied``.
    """

    def __init__(self, client: Any, folder: Folder) -> None:
        self._client = client
        self._folder = folder

    def put(self, name: str, content: bytes, content_type: str) -> None:
        """Write one file of the drill."""
        self._client.put_object(
            Bucket=self._folder.bucket,
            Key=self._folder.prefix + name,
            Body=content,
            ContentType=content_type,
        )

    def own_document(self) -> bytes | None:
        """The document that an earlier try wrote, ``None`` where there is none."""
        try:
            return self._read(self._folder.prefix + DOCUMENT)
        except self._client.exceptions.NoSuchKey:
            return None

    def past_documents(self, most: int) -> Iterator[tuple[str, bytes | str]]:
        """Read the newest documents of other drills of the cluster, newest first.

        The names of the folders begin with their drill's time, so no document is read to sort them.

        :param most: how many.
        :return: key, and the bytes; or what AWS said instead, as text.
        """
        try:
            prefixes = self._drills()
        except ClientError as error:
            yield self._folder.siblings, _words(error)
            return
        others = [prefix for prefix in prefixes if prefix != self._folder.prefix]
        for prefix in sorted(others, reverse=True)[:most]:
            key = prefix + DOCUMENT
            try:
                yield key, self._read(key)
            except ClientError as error:
                yield key, _words(error)

    def _drills(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._folder.bucket, Prefix=self._folder.siblings, Delimiter="/"
        )
        return [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", ())]

    def _read(self, key: str) -> bytes:
        content: bytes = self._client.get_object(Bucket=self._folder.bucket, Key=key)["Body"].read()
        return content


def _words(error: ClientError) -> str:
    detail = error.response["Error"]
    return f"{detail.get('Code')}: {detail.get('Message')}"
