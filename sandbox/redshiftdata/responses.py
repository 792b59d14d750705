"""The operations of the Data API."""

import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import BaseResponse
from moto.redshiftdata.models import redshiftdata_backends

from sandbox.accounts import principal_of
from sandbox.redshiftdata import listings
from sandbox.redshiftdata.errors import ResourceNotFoundError, ValidationError
from sandbox.redshiftdata.fields import describe_column, result_bytes, to_csv, to_field
from sandbox.redshiftdata.login import Target, iam_user, resolve_target
from sandbox.redshiftdata.models import SandboxRedshiftDataBackend
from sandbox.redshiftdata.paging import decode_token, encode_token, page
from sandbox.redshiftdata.parameters import check_parameters
from sandbox.redshiftdata.statement import Part, Statement
from sandbox.redshiftdata.validation import check_request
from sandbox.warehouse.results import Result

LARGEST_SQL_BYTES = 100 * 1024
MOST_PAGE_ROWS = 1000
LARGEST_PAGE_BYTES = 1024 * 1024


class SandboxRedshiftDataResponse(BaseResponse):
    """JSON 1.1; every method is one operation."""

    def __init__(self) -> None:
        super().__init__(service_name="redshift-data")

    def execute_statement(self) -> TYPE_RESPONSE:
        """Submit one statement."""
        request = self._request("ExecuteStatement")
        return self._submit(request, [request["Sql"]], is_batch=False)

    def batch_execute_statement(self) -> TYPE_RESPONSE:
        """Submit up to 40 statements, as one transaction or each on its own."""
        request = self._request("BatchExecuteStatement")
        return self._submit(request, request["Sqls"], is_batch=True)

    def describe_statement(self) -> TYPE_RESPONSE:
        """Describe a statement, waiting for its end if asked to."""
        request = self._request("DescribeStatement")
        statement = self._find(request)
        if ":" in request["Id"]:
            part = _part_of(statement, request["Id"])
            return _answer({**statement.describe(), **part.describe()} | {"SubStatements": []})
        return _answer(statement.describe())

    def get_statement_result(self) -> TYPE_RESPONSE:
        """Return a page of a result as JSON records."""
        request = self._request("GetStatementResult")
        part, result = self._result(request, "JSON")
        rows, next_token = _result_page(part.part_id, result, request.get("NextToken"))
        return _answer(
            {
                "Records": [[to_field(value) for value in row] for row in rows],
                **_result_frame(result, next_token),
            }
        )

    def get_statement_result_v2(self) -> TYPE_RESPONSE:
        """Return a page of a result as CSV."""
        request = self._request("GetStatementResultV2")
        part, result = self._result(request, "CSV")
        rows, next_token = _result_page(part.part_id, result, request.get("NextToken"))
        text = to_csv(result.columns, rows, header=not request.get("NextToken"))
        return _answer(
            {
                "Records": [{"CSVRecords": text}],
                "ResultFormat": "CSV",
                **_result_frame(result, next_token),
            }
        )

    def cancel_statement(self) -> TYPE_RESPONSE:
        """Ask a statement to stop."""
        request = self._request("CancelStatement")
        self._backend.cancel(request["Id"], self._owner)
        return _answer({"Status": True})

    def list_statements(self) -> TYPE_RESPONSE:
        """List the caller's statements, newest first; finished ones unless asked otherwise."""
        request = self._request("ListStatements")
        status = request.get("Status") or "FINISHED"
        found = [
            statement.summarize()
            for statement in self._backend.statements_of(self._owner)
            if status in ("ALL", statement.status)
            and (statement.name or "").startswith(request.get("StatementName") or "")
            and statement.target.cluster_identifier
            == (request.get("ClusterIdentifier") or statement.target.cluster_identifier)
            and statement.target.database == (request.get("Database") or statement.target.database)
        ]
        rows, token = page(
            found, "ListStatements", request.get("NextToken"), request.get("MaxResults") or 100
        )
        return _answer(_without_none({"Statements": list(rows), "NextToken": token}))

    def list_databases(self) -> TYPE_RESPONSE:
        """List the databases of a cluster."""
        return self._listing("ListDatabases", "Databases", listings.list_databases)

    def list_schemas(self) -> TYPE_RESPONSE:
        """List the schemas of a database."""
        return self._listing("ListSchemas", "Schemas", listings.list_schemas)

    def list_tables(self) -> TYPE_RESPONSE:
        """List the tables and views that the user may see."""
        return self._listing("ListTables", "Tables", listings.list_tables)

    def describe_table(self) -> TYPE_RESPONSE:
        """Describe the columns of a table."""
        request = self._request("DescribeTable")
        columns = listings.describe_table(self._target(request), request)
        rows, token = page(
            columns, "DescribeTable", request.get("NextToken"), request.get("MaxResults") or 1000
        )
        row = {"TableName": request.get("Table", ""), "ColumnList": list(rows), "NextToken": token}
        return _answer(_without_none(row))

    def list_sessions(self) -> TYPE_RESPONSE:
        """Refuse: sessions are not modelled."""
        raise NotImplementedError("sessions that outlive a statement are not modelled")

    def _submit(self, request: dict[str, Any], sqls: list[str], *, is_batch: bool) -> TYPE_RESPONSE:
        if request.get("SessionId") or request.get("SessionKeepAliveSeconds"):
            raise NotImplementedError("sessions that outlive a statement are not modelled")
        for sql in sqls:
            size = len(sql.encode())
            if not sql.strip() or size > LARGEST_SQL_BYTES:
                raise ValidationError(
                    f"a SQL statement must have 1 to {LARGEST_SQL_BYTES} bytes, not {size}"
                )
        parameters = request.get("Parameters") or []
        check_parameters(parameters, sqls)
        statement = self._backend.submit(
            self._target(request),
            sqls,
            self._owner,
            token=request.get("ClientToken"),
            fingerprint=json.dumps(
                {k: v for k, v in request.items() if k != "WaitTimeSeconds"}, sort_keys=True
            ),
            is_batch=is_batch,
            name=request.get("StatementName"),
            parameters=parameters,
            result_format=request.get("ResultFormat") or "JSON",
            execution_mode=request.get("ExecutionMode") or "TRANSACTION",
            with_event=bool(request.get("WithEvent")),
        )
        _wait(statement, request)
        return _answer(statement.submitted())

    def _listing(self, operation: str, member: str, lister: Any) -> TYPE_RESPONSE:
        request = self._request(operation)
        found = lister(self._target(request), request)
        rows, token = page(
            found, operation, request.get("NextToken"), request.get("MaxResults") or 1000
        )
        return _answer(_without_none({member: list(rows), "NextToken": token}))

    def _result(self, request: dict[str, Any], wanted: str) -> tuple[Part, Result]:
        statement = self._find(request)
        part = _part_of(statement, request["Id"])
        if statement.result_format != wanted:
            raise ValidationError(
                f"the result of {request['Id']} is in {statement.result_format} format,"
                f" not {wanted}"
            )
        if part.result is None or not part.result.has_rows:
            raise ResourceNotFoundError(
                "Query does not have result. Please check query status with DescribeStatement.",
                request["Id"],
            )
        return part, part.result

    def _find(self, request: dict[str, Any]) -> Statement:
        statement = self._backend.find(request["Id"], self._owner)
        _wait(statement, request)
        return statement

    def _request(self, operation: str) -> dict[str, Any]:
        request: dict[str, Any] = json.loads(self.body or "{}")
        check_request(operation, request)
        return request

    def _target(self, request: dict[str, Any]) -> Target:
        return resolve_target(request, self.current_account, self.region, self._caller_arn)

    @property
    def _caller_arn(self) -> str:
        principal = principal_of(self.access_key)
        return principal.arn if principal else f"arn:aws:iam::{self.current_account}:root"

    @property
    def _owner(self) -> str:
        return iam_user(self._caller_arn)

    @property
    def _backend(self) -> SandboxRedshiftDataBackend:
        backend: SandboxRedshiftDataBackend = redshiftdata_backends[self.current_account][
            self.region
        ]
        return backend


def _wait(statement: Statement, request: dict[str, Any]) -> None:
    seconds = request.get("WaitTimeSeconds")
    if seconds:
        statement.ended.wait(seconds)


def _part_of(statement: Statement, statement_id: str) -> Part:
    if not statement.is_batch:
        return statement.parts[0]
    for part in statement.parts:
        if part.part_id == statement_id:
            return part
    raise ResourceNotFoundError(
        "Query does not have result: ask for the id of one of its sub-statements.", statement_id
    )


def _result_page(
    scope: str, result: Result, token: str | None
) -> tuple[list[tuple[Any, ...]], str | None]:
    """Cut a page of at most 1,000 rows and about 1 MB, at least one row."""
    rows = result.rows
    start = end = decode_token(scope, token)
    size = 0
    while end < len(rows) and end - start < MOST_PAGE_ROWS:
        size += result_bytes(rows[end])
        if size > LARGEST_PAGE_BYTES and end > start:
            break
        end += 1
    return rows[start:end], encode_token(scope, end) if end < len(rows) else None


def _result_frame(result: Result, next_token: str | None) -> dict[str, Any]:
    return _without_none(
        {
            "ColumnMetadata": [describe_column(column) for column in result.columns],
            "TotalNumRows": result.row_count,
            "NextToken": next_token,
        }
    )


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _answer(row: dict[str, Any]) -> TYPE_RESPONSE:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(row)
