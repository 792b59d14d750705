"""COPY: objects of S3 into a table, in bulk, with every bad row known by file and line."""

import gzip
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sandbox.clock import CLOCK
from sandbox.warehouse import relations, s3
from sandbox.warehouse.access import Relation
from sandbox.warehouse.catalog import TableColumn
from sandbox.warehouse.copy_options import CopyOptions, read_copy
from sandbox.warehouse.copy_values import bad_value_reason, converted
from sandbox.warehouse.ddl import full_name, literal
from sandbox.warehouse.engine import fetch, quote
from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.load_errors import LoadError
from sandbox.warehouse.reader import Reader
from sandbox.warehouse.results import Result

if TYPE_CHECKING:
    from sandbox.warehouse.session import Session

STAGE = "temp.main.copy_stage"
BAD = "temp.main.copy_bad"
SURPLUS = ("surplus_1", "surplus_2")
"""Columns that catch the fields a line has too many."""


def run_copy(reader: Reader, session: "Session") -> Result:
    """Run COPY.

    :raises SqlError: nothing was loaded.
    """
    options = read_copy(reader)
    relation = _target(options, session)
    columns = _chosen(options, session.scope.catalog.columns(relation), relation)
    session.warehouse.changed()
    loaded = 0
    folder = session.warehouse.directory / f"copy-{uuid4().hex}"
    folder.mkdir()
    try:
        files = _fetch_files(options, folder, session)
        loaded = _load(options, relation, columns, files, session)
    finally:
        shutil.rmtree(folder)
    session.copied_rows = loaded
    return Result(loaded)


def _target(options: CopyOptions, session: "Session") -> Relation:
    database, schema, name = ["", "", *options.path][-3:]
    relation = session.scope.catalog.resolve(database, schema, name)
    if relation is None:
        raise SqlError(f"Cannot COPY into nonexistent table {name}")
    if relation[0] not in (session.database, "temp"):
        raise SqlError("COPY into another database is not allowed: connect to it")
    relations.check_privilege(relation, session.scope, "INSERT")
    return relation


def _chosen(
    options: CopyOptions, columns: list[TableColumn], relation: Relation
) -> list[TableColumn]:
    known = {column.name: column for column in columns}
    if options.columns:
        for name in options.columns:
            if name not in known:
                raise SqlError(f'column "{name}" of relation "{relation[2]}" does not exist')
        return [known[name] for name in options.columns]
    if "EXPLICIT_IDS" in options.flags:
        return columns
    return [column for column in columns if "identity" not in column.attributes]


def _fetch_files(
    options: CopyOptions, folder: Path, session: "Session"
) -> list[tuple[s3.Location, Path]]:
    """Write the objects into the cluster's directory, the only place that DuckDB may read."""
    source = s3.Location.parse(options.source)
    region = options.strings.get("REGION")
    if region and region != s3.region_of(source):
        raise SqlError(
            "S3ServiceException:The bucket you are attempting to access must be addressed using"
            f" the specified endpoint (bucket {source.bucket} is in {s3.region_of(source)},"
            f" not {region})"
        )
    has_manifest = "MANIFEST" in options.flags
    objects = _manifest_objects(source) if has_manifest else s3.read_objects(source)
    files = []
    for number, (location, body) in enumerate(objects):
        if "GZIP" in options.flags:
            body = _gunzip(location, body)
        path = folder / f"{number:06}"
        path.write_bytes(body)
        files.append((location, path))
    return files


def _manifest_objects(source: s3.Location) -> list[tuple[s3.Location, bytes]]:
    try:
        entries = json.loads(s3.read_object(source))["entries"]
        named = [(s3.Location.parse(e["url"]), bool(e.get("mandatory"))) for e in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise SqlError(f"Invalid manifest file {source.uri}: {error}") from error
    objects = []
    for location, is_mandatory in named:
        if s3.exists(location):
            objects.append((location, s3.read_object(location)))
        elif is_mandatory:
            raise SqlError(
                f"Problem reading manifest file - S3 object {location.uri} does not exist"
            )
    return objects


def _gunzip(location: s3.Location, body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError) as error:
        raise SqlError(f"Invalid GZIP data in {location.uri}: {error}") from error


def _load(
    options: CopyOptions,
    relation: Relation,
    columns: list[TableColumn],
    files: list[tuple[s3.Location, Path]],
    session: "Session",
) -> int:
    loaded, errors = 0, 0
    for location, path in files:
        if not path.stat().st_size:
            continue
        if options.data_format == "parquet":
            loaded += _load_parquet(relation, columns, path, location, session)
            continue
        _stage(options, columns, path, session)
        found = _note_bad_rows(options, relation, columns, location, session)
        errors += found
        if errors > options.most_errors:
            raise SqlError(
                f"Load into table '{relation[2]}' failed."
                "  Check 'stl_load_errors' system table for details."
            )
        loaded += _insert(options, relation, columns, session)
    return loaded


def _load_parquet(
    relation: Relation,
    columns: list[TableColumn],
    path: Path,
    location: s3.Location,
    session: "Session",
) -> int:
    """Columns of Parquet are matched by position, as Redshift does."""
    source = f"read_parquet({literal(str(path))})"
    found = fetch(session.connection, f"DESCRIBE SELECT * FROM {source}")
    if len(found) != len(columns):
        raise SqlError(
            "Spectrum Scan Error: Unmatched number of columns between table and file."
            f" Table columns: {len(columns)}, Data columns: {len(found)}, File name: {location.uri}"
        )
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(
        f"CAST({quote(row[0])} AS {column.data_type})"
        for row, column in zip(found, columns, strict=True)
    )
    return session.change(
        f"INSERT INTO {full_name(relation)} ({names}) SELECT {values} FROM {source}"
    ).row_count


def _stage(
    options: CopyOptions, columns: list[TableColumn], path: Path, session: "Session"
) -> None:
    """Read a file as text: one row a line, with its number and whether it could be split."""
    execute = session.connection.execute
    if options.data_format == "json":
        execute(f"CREATE OR REPLACE TEMP TABLE copy_stage AS {_json_rows(options, columns, path)}")
        return
    execute(f"CREATE OR REPLACE TEMP TABLE copy_stage AS {_text_rows(options, columns, path)}")


def _text_rows(options: CopyOptions, columns: list[TableColumn], path: Path) -> str:
    names = [*(f"c{number}" for number in range(len(columns))), *SURPLUS]
    kinds = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    quoting = options.strings.get("QUOTE", '"') if options.data_format == "csv" else ""
    # No field equals nullstr, so that NULL means a field that the line does not have.
    return (
        f"SELECT row_number() OVER () + {options.ignored_lines} AS line,"
        f" {_split_fault(options, len(columns))} AS split_fault,"
        f" * EXCLUDE ({', '.join(SURPLUS)}) FROM read_csv({literal(str(path))},"
        f" delim = {literal(options.delimiter)}, quote = {literal(quoting)},"
        f" escape = {literal(quoting)}, header = false, skip = {options.ignored_lines},"
        " auto_detect = false, strict_mode = false, allow_quoted_nulls = false,"
        f" nullstr = '\x01never\x01', parallel = false, null_padding = true, columns = {{{kinds}}})"
    )


def _split_fault(options: CopyOptions, count: int) -> str:
    """Too few or too many fields; a delimiter at the end of the line is allowed."""
    cases = f"WHEN {SURPLUS[1]} IS NOT NULL OR {SURPLUS[0]} <> '' THEN '1202:Extra column(s) found'"
    if "FILLRECORD" not in options.flags:
        cases += f" WHEN c{count - 1} IS NULL THEN '1214:Delimiter not found'"
    return f"CASE {cases} END"


def _json_rows(options: CopyOptions, columns: list[TableColumn], path: Path) -> str:
    mode = options.json_paths.lower()
    if mode not in ("auto", "auto ignorecase"):
        raise NotModelledError("COPY ... JSON with a jsonpaths file")
    if mode == "auto":
        values = [f"json_extract_string(json, {literal('$.' + quote(c.name))})" for c in columns]
    else:
        raise NotModelledError("COPY ... JSON 'auto ignorecase'")
    listed = ", ".join(f"{value} AS c{number}" for number, value in enumerate(values))
    return (
        f"SELECT row_number() OVER () AS line, NULL::VARCHAR AS split_fault, {listed}"
        f" FROM read_json_objects({literal(str(path))}, format = 'auto')"
    )


def _note_bad_rows(
    options: CopyOptions,
    relation: Relation,
    columns: list[TableColumn],
    location: s3.Location,
    session: "Session",
) -> int:
    """Find the rows that do not fit the table, and record each with its first fault."""
    cases = " ".join(
        f"WHEN ({bad_value_reason(f'c{number}', column, options)}) IS NOT NULL THEN {number}"
        for number, column in enumerate(columns)
    )
    session.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE copy_bad AS SELECT * FROM"
        f" (SELECT *, CASE WHEN split_fault IS NOT NULL THEN -1 {cases} END AS bad FROM {STAGE})"
        " WHERE bad IS NOT NULL"
    )
    count = int(fetch(session.connection, f"SELECT count(*) FROM {BAD}")[0][0])
    if count:
        _record(options, columns, location, session)
    return count


def _record(
    options: CopyOptions,
    columns: list[TableColumn],
    location: s3.Location,
    session: "Session",
) -> None:
    rows = fetch(session.connection, f"SELECT * FROM {BAD} ORDER BY line LIMIT 100")
    for line, split_fault, *values, position in rows:
        column = columns[max(position, 0)]
        reason = (
            split_fault
            or fetch(
                session.connection,
                f"SELECT {bad_value_reason('v', column, options)} FROM (SELECT ?::VARCHAR AS v)",
                [values[position]],
            )[0][0]
        )
        code, _, text = reason.partition(":")
        session.warehouse.load_errors.append(
            LoadError(
                user_name=session.user.name,
                started_at=CLOCK.now(),
                query=session.pid,
                filename=location.uri,
                line_number=line,
                column=column.name,
                type_name=column.attributes.get("type", column.data_type.lower()),
                column_length=str(column.attributes.get("length", "")),
                raw_line=options.delimiter.join(str(value or "") for value in values)[:1024],
                raw_value=str(values[position] or "")[:1024],
                err_code=int(code),
                reason=text,
            )
        )


def _insert(
    options: CopyOptions, relation: Relation, columns: list[TableColumn], session: "Session"
) -> int:
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(
        converted(f"c{number}", column, options) for number, column in enumerate(columns)
    )
    return session.change(
        f"INSERT INTO {full_name(relation)} ({names}) SELECT {values} FROM {STAGE}"
        f" WHERE line NOT IN (SELECT line FROM {BAD}) ORDER BY line"
    ).row_count
