"""The runner: paging, waiting, deadlines, throttling, and words without data."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redshift_dr.validation.data_api import DataApi, QueryDeadlineError, QueryError
from redshift_dr.validation.words import reason_of

TAKEN = datetime(2026, 11, 20, 2, tzinfo=UTC)
STARTED = {"Id": "one", "Status": "STARTED", "CreatedAt": TAKEN}
DONE = {**STARTED, "Status": "FINISHED"}


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "Refused."}}, "ExecuteStatement")


class FakeClient:
    """Answers each operation from a list, and keeps the requests."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.requests.append((operation, request))
            answer = self.answers[operation].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.requests if name == operation]


class Time:
    """A clock that sleeping moves, and each look by ``step``."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step
        self.slept: list[float] = []

    def clock(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def api(client: FakeClient, time: Time | None = None) -> DataApi:
    time = time or Time()
    return DataApi(
        client,
        cluster_identifier="drill-x",
        database="dev",
        db_user="reader",
        clock=time.clock,
        sleep=time.sleep,
    )


def page(*values: int, more: str | None = None) -> dict[str, Any]:
    return {"Records": [[{"longValue": one}] for one in values], "NextToken": more}


def test_query_takes_two_calls_and_logs_in_as_the_reader() -> None:
    client = FakeClient(
        execute_statement=[DONE],
        get_statement_result=[{"Records": [[{"longValue": 1}, {"isNull": True}]]}],
    )

    answer = api(client).query("SELECT 1", timeout_seconds=20, parameters={"a": "b"})

    assert (answer.rows, answer.created_at) == ([(1, None)], TAKEN)
    (request,) = client.of("execute_statement")
    assert request.pop("ClientToken")
    assert request == {
        "ClusterIdentifier": "drill-x",
        "Database": "dev",
        "DbUser": "reader",
        "Sql": "SELECT 1",
        "Parameters": [{"name": "a", "value": "b"}],
        "WaitTimeSeconds": 20,
    }


def test_all_pages_are_read() -> None:
    client = FakeClient(
        execute_statement=[DONE], get_statement_result=[page(1, 2, more="next"), page(3)]
    )

    assert api(client).query("SELECT 1", timeout_seconds=5).rows == [(1,), (2,), (3,)]
    assert client.of("get_statement_result")[1] == {"Id": "one", "NextToken": "next"}


def test_statement_is_cancelled_at_the_deadline() -> None:
    client = FakeClient(
        execute_statement=[STARTED], describe_statement=[STARTED] * 9, cancel_statement=[{}]
    )

    with pytest.raises(QueryDeadlineError, match="no result within 5 seconds; it was cancelled"):
        api(client, Time(step=1)).query("SELECT 1", timeout_seconds=5)

    assert client.of("cancel_statement") == [{"Id": "one"}]


def test_statement_that_cannot_be_cancelled_says_so() -> None:
    client = FakeClient(
        execute_statement=[STARTED],
        describe_statement=[STARTED] * 9,
        cancel_statement=[refused("AccessDeniedException")],
    )

    with pytest.raises(QueryDeadlineError, match="one was not cancelled: AccessDeniedException"):
        api(client, Time(step=1)).query("SELECT 1", timeout_seconds=5)


@pytest.mark.parametrize("code", ["ThrottlingException", "ActiveStatementsExceededException"])
def test_busy_is_waited_out_with_one_token(code: str) -> None:
    client = FakeClient(
        execute_statement=[refused(code), refused(code), DONE], get_statement_result=[page(1)]
    )
    time = Time()

    assert api(client, time).query("SELECT 1", timeout_seconds=60).rows == [(1,)]
    assert time.slept == [0.2, 0.4]
    assert len({request["ClientToken"] for request in client.of("execute_statement")}) == 1


def test_busy_ends_at_the_deadline() -> None:
    client = FakeClient(execute_statement=[refused("ThrottlingException")] * 99)

    with pytest.raises(QueryError, match="AWS refused the query, ThrottlingException: Refused"):
        api(client).query("SELECT 1", timeout_seconds=3)


def test_refusal_is_not_repeated() -> None:
    client = FakeClient(execute_statement=[refused("AccessDeniedException")])

    with pytest.raises(QueryError, match="AccessDeniedException"):
        api(client).query("SELECT 1", timeout_seconds=60)

    assert len(client.requests) == 1


def test_without_room_to_wait_it_polls() -> None:
    client = FakeClient(
        execute_statement=[STARTED],
        describe_statement=[refused("ActiveWaitingRequestsExceededException"), STARTED, DONE],
        get_statement_result=[page(1)],
    )
    time = Time()

    assert api(client, time).query("SELECT 1", timeout_seconds=60).rows == [(1,)]
    assert client.of("describe_statement")[-1] == {"Id": "one"}
    assert time.slept == [0.2, 0.2]


def test_failure_tells_no_words_of_the_database() -> None:
    failed = {**STARTED, "Status": "FAILED"}
    words = 'ERROR: invalid input syntax for integer: "Ada Lovelace"\n  Detail: Ada Lovelace'
    client = FakeClient(execute_statement=[failed], describe_statement=[{**failed, "Error": words}])

    with pytest.raises(QueryError) as raised:
        api(client).query("SELECT 1", timeout_seconds=60)

    assert "Ada" not in str(raised.value)
    assert "describe-statement --id one" in str(raised.value)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ('ERROR: relation "shop.orders" does not exist', "there is no relation shop.orders"),
        ('ERROR: column "day" does not exist in o', "there is no column day"),
        ("ERROR: permission denied for relation orders", "no SELECT on orders"),
        ("ERROR: permission denied for schema shop", "no USAGE on schema shop"),
        ('FATAL: user "reader" does not exist', "the database user does not exist"),
        ("ERROR: Divide by zero; division by zero", "division by zero"),
    ],
)
def test_known_failures_are_told(error: str, words: str) -> None:
    assert reason_of(error, "SELECT day FROM shop.orders", "one") == words


def test_name_that_is_not_in_the_statement_may_be_a_value() -> None:
    told = reason_of('ERROR: column "Lovelace" does not exist', "SELECT 1", "one")

    assert "Lovelace" not in told
