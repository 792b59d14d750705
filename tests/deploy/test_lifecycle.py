"""Deploy, deploy again, change, roll back, delete: each leaves the account as it should."""

from typing import Any

import pytest

from tests.deploy.conftest import DR_FLAGS, Account, run_script


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_source_stack_from_nothing_to_nothing(source: Account) -> None:
    first = source.deploy()
    assert "aca-lambda-backup: CREATE_COMPLETE" in first
    assert "OK       permissions: 0 reads failed" in first, "check ran, and its role may look"
    assert "FAILED   cluster" in first, "a failed check does not undo the deployment"
    assert source.live_environment()["RETENTION_DAYS"] == "7"

    again = source.deploy()
    assert "aca-lambda-backup: no changes" in again
    assert source.live_version() == "1"

    source.deploy("--backup-schedule", "cron(0 2 ? * MON-FRI *)")
    assert source.live_version() == "2"
    assert source.live_environment()["MAXIMUM_AGE_HOURS"] == "74", "a weekend and two hours"
    schedule = source.client("scheduler").get_schedule(Name="aca-redshift-backup")
    assert schedule["ScheduleExpression"] == "cron(0 2 ? * MON-FRI *)"

    source.deploy("rollback")
    assert source.live_version() == "1"
    assert source.live_environment()["MAXIMUM_AGE_HOURS"] == "26"
    oldest = run_script("rollback")
    assert oldest.returncode == 2
    assert "there is none before it" in oldest.stderr

    forward = source.deploy()
    assert "no changes" in forward
    assert source.live_version() == "2", "to deploy means that what is deployed is live"

    deleted = source.deploy("delete")
    assert "0 snapshot(s) of ours" in deleted
    assert source.stacks() == []
    assert source.client("lambda").list_functions()["Functions"] == []
    assert source.client("scheduler").list_schedules()["Schedules"] == []
    assert "nothing to delete" in source.deploy("delete")


@pytest.mark.timeout(300)
def test_dry_run_changes_nothing(source: Account) -> None:
    shown = source.deploy("--dry-run")
    assert "Add\tFunction\tAWS::Lambda::Function" in shown
    assert source.stacks() == []
    assert source.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_dr_stack_stands_beside_it(target: Account, sandbox: Any) -> None:
    target.deploy(*DR_FLAGS)
    assert "TARGET_ACCOUNT_ID" not in target.live_environment()
    outputs = target.client("cloudformation").describe_stacks()["Stacks"][0]["Outputs"]
    bucket = next(row for row in outputs if row["OutputKey"] == "EvidenceBucketName")["OutputValue"]
    s3 = target.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(blocked.values())
    group = target.client("ec2").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["aca-redshift-dr-SecurityGroup-*"]}]
    )["SecurityGroups"]
    assert [one["IpPermissions"] for one in group] == [[]]
    sweep = target.client("scheduler").get_schedule(Name="aca-redshift-dr-sweep")
    assert sweep["State"] == "ENABLED"
    assert target.invoke(action="reconcile")["status"] == "completed"
    assert "aca-redshift-dr: no changes" in target.deploy("--account", "dr")
    assert target.live_version() == "1"

    target.deploy("--account", "dr", "--retention-days", "30")
    assert target.live_version() == "2"
    assert target.live_environment()["RETENTION_DAYS"] == "30"

    target.deploy("rollback", "--account", "dr")
    assert target.live_version() == "1"
    assert target.live_environment()["RETENTION_DAYS"] == "90"

    target.deploy("delete", "--account", "dr")
    assert target.client("lambda").list_functions()["Functions"] == []
    assert target.client("scheduler").list_schedules()["Schedules"] == []
    assert target.stacks() == []
    assert [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"] == bucket] == [
        bucket
    ]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_further_clusters_and_a_key_of_its_own(source: Account) -> None:
    output = source.deploy("--allowed-clusters", "finance,sales*", "--cluster-key", "CREATE")
    assert "ClusterKeyArn\tarn:aws:kms:" in output
    allowed = source.live_environment()["ALLOWED_CLUSTERS"]
    assert allowed == "aca-redshift-cluster,finance,sales*"
    policy = source.client("iam").get_role_policy(
        RoleName="aca-redshift-backup-function", PolicyName="further-clusters"
    )["PolicyDocument"]
    made = next(one for one in policy["Statement"] if one["Sid"] == "MakeOurs")
    assert made["Resource"] == [
        "arn:aws:redshift:*:*:snapshot:finance/*-lambda-snapshot-*",
        "arn:aws:redshift:*:*:snapshot:sales*/*-lambda-snapshot-*",
    ]
    assert made["Condition"]["StringEquals"]["aws:RequestedRegion"] == "us-east-1"

    source.deploy("--allowed-clusters", "")
    assert source.live_environment()["ALLOWED_CLUSTERS"] == "aca-redshift-cluster"
    assert source.live_version() == "2"
