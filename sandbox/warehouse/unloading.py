"""UNLOAD: a query's rows into objects of S3."""

import gzip
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sandbox.warehouse import s3
from sandbox.warehouse.copy_options import read_credentials
from sandbox.warehouse.ddl import literal
from sandbox.warehouse.dialect import parse
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.reader import Reader
from sandbox.warehouse.results import Result

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

FLAGS = ("ALLOWOVERWRITE", "GZIP", "HEADER", "MANIFEST", "ADDQUOTES")


@dataclass
class UnloadOptions:
    """An UNLOAD statement.

    :param data_format: delimited, csv, parquet.
    """

    query: str
    destination: str
    data_format: str = "delimited"
    delimiter: str | None = None
    null_as: str = ""
    is_parallel: bool = True
    flags: set[str] = field(default_factory=set)
    has_credentials: bool = False


def run_unload(reader: Reader, session: "Session") -> Result:
    """Run UNLOAD; the sandbox writes one object.

    :raises SqlError: the destination is not empty, or the query failed.
    """
    options = read_unload(reader)
    prefix = s3.Location.parse(options.destination)
    suffix = "0000_part_00" if options.is_parallel else "000"
    suffix += ".parquet" if options.data_format == "parquet" else ""
    suffix += ".gz" if "GZIP" in options.flags else ""
    target = s3.Location(prefix.bucket, prefix.key + suffix)
    if s3.exists(target) and "ALLOWOVERWRITE" not in options.flags:
        raise SqlError(
            "Specified unload destination on S3 is not empty. Consider using a different bucket /"
            " prefix, manually removing the target files in S3, or using the ALLOWOVERWRITE option."
        )
    folder = session.warehouse.directory / f"unload-{uuid4().hex}"
    folder.mkdir()
    try:
        rows = _write(options, folder / "out", session)
        body = (folder / "out").read_bytes()
    finally:
        shutil.rmtree(folder)
    s3.write_object(target, gzip.compress(body) if "GZIP" in options.flags else body)
    if "MANIFEST" in options.flags:
        manifest = {"entries": [{"url": target.uri}]}
        key = s3.Location(prefix.bucket, f"{prefix.key}manifest")
        s3.write_object(key, json.dumps(manifest).encode())
    return Result(rows)


def read_unload(reader: Reader) -> UnloadOptions:
    """Parse UNLOAD."""
    reader.expect("UNLOAD")
    reader.expect("(")
    query = reader.string()
    reader.expect(")")
    reader.expect("TO")
    options = UnloadOptions(query, reader.string())
    while not reader.is_done:
        _read_option(reader, options)
    if not options.has_credentials:
        raise SqlError("UNLOAD needs IAM_ROLE or CREDENTIALS to write to S3")
    return options


def _read_option(reader: Reader, options: UnloadOptions) -> None:
    word = reader.word
    if word in FLAGS:
        options.flags.add(reader.text().upper())
    elif word in ("DELIMITER", "NULL"):
        reader.text()
        reader.take("AS")
        value = reader.string().replace("\\t", "\t")
        if word == "NULL":
            options.null_as = value
        else:
            options.delimiter = value
    elif reader.take("PARALLEL"):
        options.is_parallel = reader.text().upper() in ("ON", "TRUE")
    elif reader.take("REGION"):
        reader.take("AS")
        reader.string()
    elif read_credentials(reader):
        options.has_credentials = True
    else:
        reader.take("FORMAT")
        reader.take("AS")
        if reader.word not in ("CSV", "PARQUET"):
            raise NotModelledError(f"UNLOAD ... {reader.word}")
        options.data_format = reader.text().lower()


def _write(options: UnloadOptions, path: Path, session: "Session") -> int:
    query = session.bind_query(parse(options.query))
    if options.data_format == "parquet":
        how = "FORMAT parquet"
    else:
        is_csv = options.data_format == "csv"
        delimiter = options.delimiter or ("," if is_csv else "|")
        quoted = is_csv or "ADDQUOTES" in options.flags
        how = (
            f"FORMAT csv, DELIMITER {literal(delimiter)}, NULLSTR {literal(options.null_as)},"
            f" HEADER {str('HEADER' in options.flags).lower()},"
            f" QUOTE {literal(chr(34) if quoted else '')}"
        )
        how += ", FORCE_QUOTE *" if "ADDQUOTES" in options.flags else ""
    return session.change(f"COPY ({query}) TO {literal(str(path))} ({how})").row_count
