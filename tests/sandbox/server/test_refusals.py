"""What the sandbox cannot answer truly comes back as one loud error, never as a success."""

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("service", "method", "arguments", "operation"),
    [
        ("redshift", "create_snapshot_schedule", {}, "CreateSnapshotSchedule"),
        (
            "logs",
            "test_transformer",
            {"transformerConfig": [{"parseJSON": {}}], "logEventMessages": ["a"]},
            "TestTransformer",
        ),
        (
            "lambda",
            "put_function_recursion_config",
            {"FunctionName": "f", "RecursiveLoop": "Allow"},
            "PutFunctionRecursionConfig",
        ),
        ("appstream", "describe_fleets", {}, "DescribeFleets"),
        (
            "cloudformation",
            "create_stack_set",
            {"StackSetName": "s", "TemplateBody": "{}"},
            "CreateStackSet",
        ),
        ("events", "put_rule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, "PutRule"),
        ("sts", "get_session_token", {}, "GetSessionToken"),
    ],
)
def test_unmodelled_call_is_one_client_error_that_names_it(
    sandbox, service, method, arguments, operation
):
    with pytest.raises(ClientError) as refused:
        getattr(sandbox.client(service), method)(**arguments)
    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error["Error"]["Code"] == "NotImplementedInSandbox"
    assert f"{service}:{operation}" in error["Error"]["Message"]
    (call,) = sandbox.control("GET", "calls")
    assert (call["operation"], call["status"]) == (operation, 501)
    assert call["error_code"] == "NotImplementedInSandbox"


def test_rule_with_an_event_pattern_is_still_moto_s_business(sandbox):
    sandbox.client("events").put_rule(Name="r", EventPattern='{"source": ["a"]}')


def test_scheduled_rule_that_is_switched_off_is_stored_but_cannot_be_switched_on(sandbox):
    events = sandbox.client("events")
    events.put_rule(Name="nightly", ScheduleExpression="rate(1 day)", State="DISABLED")
    assert events.describe_rule(Name="nightly")["State"] == "DISABLED"
    with pytest.raises(ClientError, match="scheduled rules are stored but never fire"):
        events.enable_rule(Name="nightly")
    assert events.describe_rule(Name="nightly")["State"] == "DISABLED"


def test_schedule_that_the_sandbox_would_not_fire_as_aws_does_is_stored_switched_off_only(sandbox):
    scheduler = sandbox.client("scheduler")
    schedule = {
        "Name": "nightly",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": "arn:aws:sqs:us-east-1:164543933824:q",
            "RoleArn": "arn:aws:iam::164543933824:role/r",
        },
    }
    scheduler.create_schedule(**schedule, State="DISABLED")
    for state in ({"State": "ENABLED"}, {}):
        with pytest.raises(ClientError, match="schedules invoke Lambda functions, not") as refused:
            scheduler.update_schedule(**schedule, **state)
        assert refused.value.response["Error"]["Code"] == "NotImplementedInSandbox"
    assert scheduler.get_schedule(Name="nightly")["State"] == "DISABLED"


def test_rule_with_a_pattern_can_be_enabled_again(sandbox):
    events = sandbox.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}', State="DISABLED")
    events.enable_rule(Name="r")
    assert events.describe_rule(Name="r")["State"] == "ENABLED"


def test_reset_of_moto_itself_is_out_of_reach_of_a_playground(playground):
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    sandbox = playground
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{sandbox.url}/moto-api/reset", method="POST"))
    refused.value.close()
    assert refused.value.code == 403
    assert len(sandbox.client("sns").list_topics()["Topics"]) == 1


def test_crash_is_an_error_500_and_fails_the_test_that_caused_it(sandbox, monkeypatch):
    from botocore.config import Config
    from moto.sns.models import SNSBackend

    def crash(*_, **__):
        raise KeyError("broken on purpose")

    monkeypatch.setattr(SNSBackend, "list_topics", crash)
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    with pytest.raises(ClientError) as error:
        sandbox.client("sns", config=once).list_topics()
    assert error.value.response["Error"]["Code"] == "SandboxCrash"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    (crashed,) = sandbox.crashes
    assert (crashed.service, crashed.operation) == ("sns", "ListTopics")
    assert "broken on purpose" in crashed.traceback
    assert sandbox.control("GET", "crashes")[0]["operation"] == "ListTopics"
    assert sandbox.control("DELETE", "crashes") == {"removed": 1}


@pytest.mark.parametrize(
    ("name", "path", "body", "status"),
    [
        ("redshift", "/", b"Action=Nope&Version=2012-12-01", 501),
        ("redshift", "/", b"", 501),
        ("nonsense", "/", b"", 501),
        ("s3", "/moto-api/data.json", b"", 501),
        ("s3", "/latest/meta-data/", b"", 501),
    ],
)
def test_request_of_no_known_operation_is_refused_without_a_crash(
    sandbox, name, path, body, status
):
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    scope = f"AKIASANDBOXSOURCE001/20260101/us-east-1/{name}/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{sandbox.url}{path}", body, headers, method="POST"))
    refused.value.close()
    assert refused.value.code == status
    assert sandbox.crashes == []
