"""How COPY turns the text of a field into a column's value: SQL expressions for DuckDB."""

from sandbox.warehouse.catalog import TableColumn
from sandbox.warehouse.copy_options import CopyOptions
from sandbox.warehouse.ddl import literal

INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
TRUE = "('t', 'true', '1', 'y', 'yes')"
FALSE = "('f', 'false', '0', 'n', 'no')"
FORMAT_PARTS = (
    ("YYYY", "%Y"),
    ("YY", "%y"),
    ("MONTH", "%B"),
    ("MON", "%b"),
    ("MM", "%m"),
    ("DD", "%d"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("HH", "%H"),
    ("MI", "%M"),
    ("SS", "%S"),
    ("AM", "%p"),
    ("PM", "%p"),
)


def converted(name: str, column: TableColumn, options: CopyOptions) -> str:
    """Return the value of a field that was found to be good."""
    text = _text(name, column, options)
    kind = column.data_type
    if kind == "VARCHAR":
        return text
    trimmed = f"trim({text})"
    if kind == "BOOLEAN":
        return f"CASE WHEN {trimmed} IS NOT NULL THEN lower({trimmed}) IN {TRUE} END"
    if kind.startswith("DECIMAL") and "ROUNDEC" not in options.flags:
        # Redshift cuts surplus digits off, DuckDB rounds.
        scale = int(kind.rstrip(")").rpartition(",")[2])
        cut = rf"^([^.]*\.\d{{{scale}}})\d+$"
        trimmed = f"regexp_replace({trimmed}, {literal(cut)}, '\\1')"
    template = _format(kind, options)
    if template is not None:
        moment = f"try_strptime({trimmed}, {literal(template)})"
        return f"CAST({moment} AS {kind})"
    return f"TRY_CAST({trimmed} AS {kind})"


def bad_value_reason(name: str, column: TableColumn, options: CopyOptions) -> str:
    """Return an expression: NULL for a good field, else ``code:reason`` of stl_load_errors."""
    text = _text(name, column, options)
    cases = []
    if not column.is_nullable and column.default is None:
        cases.append(f"WHEN {text} IS NULL THEN '1213:Missing data for not-null field'")
    cases.append(f"WHEN {text} IS NULL THEN NULL")
    length = column.attributes.get("length")
    kind = column.data_type
    if kind == "VARCHAR":
        if length:
            cases.append(
                f"WHEN strlen({text}) > {length} THEN '1204:String length exceeds DDL length'"
            )
    elif kind in INTEGERS:
        digits = r"[+-]?\d+"
        cases.append(
            f"WHEN NOT regexp_full_match(trim({text}), {literal(digits)})"
            f" THEN '1207:Invalid digit, Value ' || {literal(chr(39))} || left(trim({text}), 1)"
            f" || {literal(chr(39))} || ', Pos 0, Type: {kind.title()}'"
        )
        cases.append(f"WHEN TRY_CAST(trim({text}) AS {kind}) IS NULL THEN '1216:Overflow'")
    elif kind == "BOOLEAN":
        known = f"lower(trim({text})) IN {TRUE} OR lower(trim({text})) IN {FALSE}"
        cases.append(f"WHEN NOT ({known}) THEN '1210:Unknown boolean format'")
    else:
        word = {
            "DATE": "1205:Invalid Date Format",
            "TIMESTAMP": "1206:Invalid timestamp format or value",
        }
        reason = word.get(kind, f"1207:Invalid digit, Type: {kind.title()}")
        value = converted(name, column, options)
        cases.append(f"WHEN {value} IS NULL THEN {literal(reason)}")
    return f"CASE {' '.join(cases)} END"


def _text(name: str, column: TableColumn, options: CopyOptions) -> str:
    """The field as text, or NULL where the options (or its type) make it so."""
    null = options.strings.get("NULL", "\\N").replace("\\\\", "\\")
    text = f"nullif({name}, {literal(null)})"
    is_text = column.data_type == "VARCHAR"
    if not is_text or "EMPTYASNULL" in options.flags:
        text = f"nullif({text}, '')"
    if "BLANKSASNULL" in options.flags:
        text = f"CASE WHEN trim({text}) = '' THEN NULL ELSE {text} END"
    if is_text and "TRIMBLANKS" in options.flags:
        text = f"rtrim({text})"
    length = column.attributes.get("length")
    if is_text and length and "TRUNCATECOLUMNS" in options.flags:
        text = f"left({text}, {length})"
    return text


def _format(kind: str, options: CopyOptions) -> str | None:
    if kind not in ("DATE", "TIMESTAMP"):
        return None
    given = options.strings.get("DATEFORMAT" if kind == "DATE" else "TIMEFORMAT")
    if given is None or given.lower() in ("auto", "epochsecs", "epochmillisecs"):
        return None
    text, at = "", 0
    while at < len(given):
        for part, code in FORMAT_PARTS:
            if given[at:].upper().startswith(part):
                text, at = text + code, at + len(part)
                break
        else:
            text, at = text + given[at], at + 1
    return text
