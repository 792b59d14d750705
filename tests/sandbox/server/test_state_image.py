"""What a reset of the playground puts back, and that nothing changes it meanwhile."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.server.test_playground import count_rows

CLUSTER = "aca-redshift-cluster"


def ids(playground: Any) -> dict[str, Any]:
    """What names a thing once, of both accounts."""
    found: dict[str, Any] = {}
    for account in ("source", "target"):
        (stack,) = playground.client("cloudformation", account).describe_stacks()["Stacks"]
        keys = playground.client("kms", account).list_keys()["Keys"]
        found[account] = (stack["StackId"], sorted(key["KeyArn"] for key in keys))
    return found


def test_a_reset_is_quick_and_puts_the_same_things_back(playground: Any) -> None:
    before = ids(playground)
    playground.client("kms").create_key()

    started = time.process_time()
    playground.reset()

    # Of this process; on a machine that is busy the clock on the wall says little.
    assert time.process_time() - started < 4
    assert ids(playground) == before


def test_what_tests_do_to_the_data_is_gone_after_a_reset(playground: Any) -> None:
    assert count_rows(playground, "sales.orders") == 600
    data = playground.client("redshift-data")
    login = {"ClusterIdentifier": CLUSTER, "Database": "dev", "DbUser": "awsuser"}
    statement = data.execute_statement(**login, Sql="DELETE FROM sales.orders")["Id"]
    while data.describe_statement(Id=statement)["Status"] != "FINISHED":
        time.sleep(0.01)
    assert count_rows(playground, "sales.orders") == 0

    playground.reset()

    assert count_rows(playground, "sales.orders") == 600


def test_a_bare_sandbox_in_between_is_empty_and_the_playground_comes_back(playground: Any) -> None:
    before = ids(playground)

    playground.reset(bare=True)
    assert playground.outputs == {}
    assert playground.client("iam").list_roles()["Roles"] == []
    assert playground.control("GET", "iam") == {"enforce": False}

    playground.reset(bare=False)
    assert ids(playground) == before


def test_buckets_that_were_put_back_are_found_from_the_other_account(playground: Any) -> None:
    bucket = playground.outputs["aca-redshift-dr"]["EvidenceBucketName"]

    playground.reset()

    playground.control("POST", "iam", {"enforce": False})
    with pytest.raises(ClientError, match="BucketAlreadyExists"):
        playground.client("s3", "source").create_bucket(Bucket=bucket)


def test_stacks_that_were_put_back_are_updated_and_deleted(playground: Any) -> None:
    cloudformation = playground.client("cloudformation", "target")
    (stack,) = cloudformation.describe_stacks()["Stacks"]
    kept = [
        {"ParameterKey": one["ParameterKey"], "UsePreviousValue": True}
        for one in stack["Parameters"]
        if one["ParameterKey"] != "RetentionDays"
    ]
    cloudformation.update_stack(
        StackName=stack["StackName"],
        UsePreviousTemplate=True,
        Parameters=[*kept, {"ParameterKey": "RetentionDays", "ParameterValue": "91"}],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName=stack["StackName"], WaiterConfig={"Delay": 1}
    )
    function = playground.client("lambda", "target").get_function_configuration(
        FunctionName="aca-redshift-dr", Qualifier="live"
    )
    assert function["Environment"]["Variables"]["RETENTION_DAYS"] == "91"

    playground.reset()

    function = playground.client("lambda", "target").get_function_configuration(
        FunctionName="aca-redshift-dr", Qualifier="live"
    )
    assert function["Environment"]["Variables"]["RETENTION_DAYS"] == "90"


@pytest.mark.parametrize("function", ["aca-redshift-backup", "aca-redshift-dr"])
def test_functions_that_were_put_back_run(playground: Any, function: str) -> None:
    account = "source" if function == "aca-redshift-backup" else "target"
    answer = playground.client("lambda", account).invoke(
        FunctionName=function, Qualifier="live", Payload=json.dumps({"action": "status"})
    )
    assert "FunctionError" not in answer, answer["Payload"].read()
