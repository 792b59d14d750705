"""What a COPY statement asks for."""

from dataclasses import dataclass, field

from sandbox.warehouse.errors import NotModelledError, SqlError
from sandbox.warehouse.reader import Reader

FLAGS = {
    "ACCEPTANYDATE",
    "BLANKSASNULL",
    "EMPTYASNULL",
    "EXPLICIT_IDS",
    "FILLRECORD",
    "GZIP",
    "IGNOREBLANKLINES",
    "MANIFEST",
    "TRIMBLANKS",
    "TRUNCATECOLUMNS",
    "ROUNDEC",
}
IGNORED = ("COMPUPDATE", "STATUPDATE", "COMPROWS")
"""Options about compression and statistics, which do not change what is loaded."""
STRINGS = {"REGION", "DATEFORMAT", "TIMEFORMAT", "DELIMITER", "NULL", "ENCODING", "QUOTE"}
REFUSED = {
    "ACCEPTINVCHARS",
    "AVRO",
    "BZIP2",
    "ENCRYPTED",
    "ESCAPE",
    "FIXEDWIDTH",
    "IGNOREALLERRORS",
    "LZOP",
    "NOLOAD",
    "ORC",
    "READRATIO",
    "REMOVEQUOTES",
    "SHAPEFILE",
    "SSH",
    "ZSTD",
    "SERIALIZETOJSON",
}


@dataclass
class CopyOptions:
    """A COPY statement.

    :param path: schema and name of the table, as written.
    :param columns: the column list; empty if there is none.
    :param data_format: delimited, csv, parquet, json.
    :param json_paths: ``auto``, ``auto ignorecase``, or the URI of a jsonpaths file.
    """

    path: list[str]
    columns: list[str]
    source: str
    data_format: str = "delimited"
    json_paths: str = "auto"
    strings: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    ignored_lines: int = 0
    most_errors: int = 0
    has_credentials: bool = False

    @property
    def delimiter(self) -> str:
        """What separates fields."""
        return self.strings.get("DELIMITER", "," if self.data_format == "csv" else "|")


def read_copy(reader: Reader) -> CopyOptions:
    """Parse COPY.

    :raises SqlError: a syntax error, or options that contradict each other.
    :raises NotModelledError: an option that the sandbox does not imitate.
    """
    reader.expect("COPY")
    path = reader.path()
    columns = reader.name_list() if reader.word == "(" else []
    reader.expect("FROM")
    options = CopyOptions(path, columns, reader.string())
    while not reader.is_done:
        _read_option(reader, options)
    if not options.has_credentials:
        raise SqlError("COPY needs IAM_ROLE or CREDENTIALS to read from S3")
    if options.data_format in ("csv", "delimited") and len(options.delimiter) != 1:
        raise SqlError(f"DELIMITER must be a single character, not '{options.delimiter}'")
    return options


def _read_option(reader: Reader, options: CopyOptions) -> None:
    word = reader.word
    if word in REFUSED:
        raise NotModelledError(f"COPY ... {word}")
    if word in FLAGS:
        options.flags.add(reader.text().upper())
    elif word in STRINGS:
        _read_string(reader, options)
    elif word in IGNORED:
        reader.text()
        if reader.word in ("ON", "OFF", "PRESET", "TRUE", "FALSE") or reader.word.isdigit():
            reader.text()
    elif word in ("IGNOREHEADER", "MAXERROR"):
        _read_number(reader, options)
    elif read_credentials(reader):
        options.has_credentials = True
    else:
        _read_format(reader, options)


def read_credentials(reader: Reader) -> bool:
    """Take the credentials for S3, which are not checked; tell whether they were next."""
    for word in ("IAM_ROLE", "CREDENTIALS", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
        if reader.word != word:
            continue
        reader.text()
        reader.take("AS")
        if reader.take("DEFAULT"):
            return True
        value = reader.string()
        if word == "IAM_ROLE" and value != "default" and not value.startswith("arn:aws"):
            raise SqlError(f"Invalid IAM_ROLE: '{value}' is not the ARN of a role")
        return True
    if reader.take("WITH"):
        return read_credentials(reader)
    return False


def _read_string(reader: Reader, options: CopyOptions) -> None:
    word = reader.text().upper()
    reader.take("AS")
    value = reader.string()
    if word == "ENCODING" and value.upper() not in ("UTF8", "UTF-8"):
        raise NotModelledError(f"COPY ... ENCODING {value}")
    options.strings[word] = value.replace("\\t", "\t") if word == "DELIMITER" else value


def _read_number(reader: Reader, options: CopyOptions) -> None:
    word = reader.text().upper()
    reader.take("AS")
    text = reader.text()
    if not text.isdigit():
        raise SqlError(f"{word} must be a number of 0 or more, not {text}")
    if word == "IGNOREHEADER":
        options.ignored_lines = int(text)
    else:
        options.most_errors = int(text)


def _read_format(reader: Reader, options: CopyOptions) -> None:
    reader.take("FORMAT")
    reader.take("AS")
    word = reader.word
    if word in REFUSED:
        raise NotModelledError(f"COPY ... FORMAT {word}")
    if word not in ("CSV", "PARQUET", "JSON"):
        raise reader.error()
    options.data_format = reader.text().lower()
    if word == "JSON":
        reader.take("AS")
        options.json_paths = reader.string() if reader.is_string else "auto"
