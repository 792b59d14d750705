"""Each kind of fault as boto3 sees it, with its retries and without."""

import time

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

LEGACY = Config(retries={"mode": "legacy", "max_attempts": 2})
STANDARD = Config(retries={"mode": "standard", "max_attempts": 3})
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


@pytest.fixture
def topic_count(sandbox):
    """How many topics exist: whether CreateTopic was applied."""
    return lambda: len(sandbox.client("sns").list_topics()["Topics"])


def set_fault(sandbox, kind, **fields):
    rule = {"service": "sns", "operation": "CreateTopic", "kind": kind, **fields}
    return sandbox.control("POST", "faults", rule)


def create_topic(sandbox, config):
    return sandbox.client("sns", config=config).create_topic(Name="alerts")


def statuses(sandbox):
    calls = sandbox.control("GET", "calls")
    return [
        (call["status"], call["error_code"]) for call in calls if call["operation"] == "CreateTopic"
    ]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("throttle", 400, "Throttling"),
        ("error_500", 500, "InternalFailure"),
        ("error_503", 503, "ServiceUnavailable"),
    ],
)
def test_error_reaches_a_client_without_retries_and_is_not_applied(
    sandbox, topic_count, kind, status, code
):
    set_fault(sandbox, kind)
    with pytest.raises(ClientError) as error:
        create_topic(sandbox, ONCE)
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert statuses(sandbox) == [(status, code)]
    assert topic_count() == 0


@pytest.mark.parametrize("config", [LEGACY, STANDARD], ids=["legacy", "standard"])
@pytest.mark.parametrize("kind", ["throttle", "error_500", "error_503", "drop_before"])
def test_one_fault_is_retried_away_by_boto3(sandbox, topic_count, kind, config):
    set_fault(sandbox, kind)
    assert create_topic(sandbox, config)["TopicArn"].endswith(":alerts")
    assert len(statuses(sandbox)) == 2
    assert statuses(sandbox)[1] == (200, None)
    assert topic_count() == 1


def test_drop_before_closes_the_connection_and_applies_nothing(sandbox, topic_count):
    set_fault(sandbox, "drop_before")
    with pytest.raises(ConnectionClosedError):
        create_topic(sandbox, ONCE)
    assert statuses(sandbox) == [(None, None)]
    assert topic_count() == 0


def test_drop_after_applies_the_call_and_closes_the_connection(sandbox, topic_count):
    set_fault(sandbox, "drop_after")
    with pytest.raises(ConnectionClosedError):
        create_topic(sandbox, ONCE)
    assert statuses(sandbox) == [(None, None)]
    assert topic_count() == 1


def test_delay_holds_the_call_and_then_serves_it(sandbox):
    set_fault(sandbox, "delay", seconds=0.3)
    started = time.monotonic()
    create_topic(sandbox, ONCE)
    assert time.monotonic() - started >= 0.3
    assert statuses(sandbox) == [(200, None)]


def test_delay_longer_than_the_read_timeout_is_applied_unseen(sandbox, topic_count):
    set_fault(sandbox, "delay", seconds=0.4)
    impatient = ONCE.merge(Config(read_timeout=0.1))
    with pytest.raises(ReadTimeoutError):
        create_topic(sandbox, impatient)
    deadline = time.monotonic() + 5
    while not topic_count() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert topic_count() == 1


def test_from_call_and_times_choose_the_calls(sandbox):
    rule = set_fault(sandbox, "error_500", from_call=2, times=2)
    assert (rule["calls"], rule["hits"]) == (0, 0)
    outcomes = []
    for _ in range(4):
        try:
            create_topic(sandbox, ONCE)
            outcomes.append("ok")
        except ClientError:
            outcomes.append("broken")
    assert outcomes == ["ok", "broken", "broken", "ok"]
    (listed,) = sandbox.control("GET", "faults")
    assert (listed["calls"], listed["hits"]) == (4, 2)


def test_times_null_breaks_every_call_until_the_rule_is_removed(sandbox):
    set_fault(sandbox, "error_500", times=None)
    for _ in range(3):
        with pytest.raises(ClientError):
            create_topic(sandbox, ONCE)
    assert sandbox.control("DELETE", "faults") == {"removed": 1}
    create_topic(sandbox, ONCE)


def test_delete_with_fields_removes_the_rules_that_have_them(sandbox):
    set_fault(sandbox, "error_500")
    set_fault(sandbox, "throttle")
    assert sandbox.control("DELETE", "faults", {"kind": "throttle"}) == {"removed": 1}
    assert [rule["kind"] for rule in sandbox.control("GET", "faults")] == ["error_500"]


def test_other_operations_and_services_are_left_alone(sandbox):
    set_fault(sandbox, "error_500", times=None)
    sandbox.client("sns", config=ONCE).list_topics()
    sandbox.client("sts", config=ONCE).get_caller_identity()
    assert sandbox.control("GET", "faults")[0]["calls"] == 0


@pytest.mark.parametrize(
    ("service", "operation", "call", "code", "status"),
    [
        ("redshift", "DescribeClusters", lambda c: c.describe_clusters(), "Throttling", 400),
        (
            "logs",
            "DescribeLogGroups",
            lambda c: c.describe_log_groups(),
            "ThrottlingException",
            400,
        ),
        (
            "lambda",
            "Invoke",
            lambda c: c.invoke(FunctionName="f"),
            "TooManyRequestsException",
            429,
        ),
        ("s3", "ListBuckets", lambda c: c.list_buckets(), "SlowDown", 503),
    ],
)
def test_throttle_speaks_the_language_of_the_service(
    sandbox, service, operation, call, code, status
):
    fault = {"service": service, "operation": operation, "kind": "throttle"}
    sandbox.control("POST", "faults", fault)
    with pytest.raises(ClientError) as error:
        call(sandbox.client(service, config=ONCE))
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_throttling_that_outlasts_the_retries_reaches_the_caller(sandbox):
    set_fault(sandbox, "throttle", times=9)
    with pytest.raises(ClientError, match="Throttling"):
        create_topic(sandbox, LEGACY)
    assert statuses(sandbox) == [(400, "Throttling")] * 3
