"""The AWS CLI with the two profiles: the commands of a runbook, as an operator types them."""

import json

SOURCE, TARGET = "164543933824", "058264155998"
CLUSTER = "aca-redshift-cluster"


def snapshot_words(name):
    return ["--snapshot-identifier", name, "--cluster-identifier", CLUSTER]


def test_a_snapshot_is_made_shared_seen_restored_and_deleted(aws, playground):
    subnet_group = playground.outputs["aca-redshift-dr"]["SubnetGroupName"]
    aws("source", "redshift", "create-cluster-snapshot", *snapshot_words("by-hand"))
    aws("source", "redshift", "wait", "snapshot-available", "--snapshot-identifier", "by-hand")
    access = ["--snapshot-identifier", "by-hand", "--account-with-restore-access", TARGET]
    aws("source", "redshift", "authorize-snapshot-access", *access)

    shelf = ["redshift", "describe-cluster-snapshots", "--snapshot-type", "manual"]
    seen = aws("target", *shelf, "--owner-account", SOURCE)["Snapshots"]
    assert [one["SnapshotIdentifier"] for one in seen] == ["by-hand"]
    assert aws("target", *shelf)["Snapshots"] == []

    aws(
        "target",
        "redshift",
        "restore-from-cluster-snapshot",
        *["--cluster-identifier", "restored", "--snapshot-identifier", "by-hand"],
        *["--owner-account", SOURCE, "--cluster-subnet-group-name", subnet_group],
    )
    one_cluster = ["--cluster-identifier", "restored"]
    aws("target", "redshift", "wait", "cluster-restored", *one_cluster)
    aws("target", "redshift", "wait", "cluster-available", *one_cluster)
    aws("target", "redshift", "delete-cluster", *one_cluster, "--skip-final-cluster-snapshot")
    aws("target", "redshift", "wait", "cluster-deleted", *one_cluster)

    aws("source", "redshift", "revoke-snapshot-access", *access)
    aws("source", "redshift", "delete-cluster-snapshot", "--snapshot-identifier", "by-hand")
    assert aws("source", *shelf)["Snapshots"] == []


def test_the_function_is_invoked_and_its_log_is_read(aws, tmp_path):
    output = tmp_path / "output.json"
    function = ["--function-name", "aca-redshift-backup"]
    event = json.dumps({"cluster_identifier": CLUSTER, "target_account_id": TARGET})
    region = ["--region", "us-east-1"]
    aws("source", "lambda", "invoke", *function, "--payload", event, *region, str(output))
    answer = json.loads(output.read_text())
    assert (answer["statusCode"], answer["status"], answer["shared"]) == (200, "completed", True)

    group = ["--log-group-name", "/aws/lambda/aca-redshift-backup"]
    events = aws("source", "logs", "filter-log-events", *group)["events"]
    assert any(answer["snapshot_id"] in event["message"] for event in events)
    assert aws("source", "logs", "describe-log-streams", *group)["logStreams"]


def test_the_key_policy_of_a_snapshot_is_read(aws):
    aws("source", "redshift", "create-cluster-snapshot", *snapshot_words("under-a-key"))
    words = ["redshift", "describe-cluster-snapshots", "--snapshot-identifier", "under-a-key"]
    [snapshot] = aws("source", *words)["Snapshots"]
    policy = aws("source", "kms", "get-key-policy", "--key-id", snapshot["KmsKeyId"])["Policy"]
    assert TARGET in policy


def test_a_long_shelf_is_paged(playground, aws):
    plant = [
        {
            "cluster_identifier": CLUSTER,
            "snapshot_identifier": f"old-{number}",
            "create_time": "2026-01-01T00:00:00Z",
        }
        for number in range(250)
    ]
    playground.control("POST", "snapshots", plant)
    words = ["redshift", "describe-cluster-snapshots", "--snapshot-type", "manual"]
    assert len(aws("source", *words, "--page-size", "20")["Snapshots"]) == 250
    assert len(aws("source", *words, "--max-items", "30")["Snapshots"]) == 30


def test_refusals_are_errors_of_the_cli(aws, aws_run):
    for name in ("shared", "free"):
        aws("source", "redshift", "create-cluster-snapshot", *snapshot_words(name))
    access = ["--snapshot-identifier", "shared", "--account-with-restore-access", TARGET]
    aws("source", "redshift", "authorize-snapshot-access", *access)

    one = ["redshift", "delete-cluster-snapshot", "--snapshot-identifier", "shared"]
    refused = aws_run("source", *one)
    assert refused.returncode > 0
    assert "(InvalidClusterSnapshotState)" in refused.stderr

    many = ["SnapshotIdentifier=shared", "SnapshotIdentifier=free", "SnapshotIdentifier=none"]
    batch = ["redshift", "batch-delete-cluster-snapshots", "--identifiers"]
    answer = aws("source", *batch, *many)
    assert answer["Resources"] == ["free"]
    assert [(row["SnapshotIdentifier"], row["FailureCode"]) for row in answer["Errors"]] == [
        ("shared", "InvalidClusterSnapshotState"),
        ("none", "ClusterSnapshotNotFound"),
    ]

    pretended = ["redshift", "describe-usage-limits"]
    assert "(NotImplementedInSandbox)" in aws_run("source", *pretended).stderr


def test_sql_is_run_and_read(aws):
    where = ["--cluster-identifier", CLUSTER, "--database", "dev", "--db-user", "awsuser"]
    sql = ["--sql", "SELECT count(*) FROM sales.orders", "--wait-time-seconds", "30"]
    statement = ["--id", aws("source", "redshift-data", "execute-statement", *where, *sql)["Id"]]
    described = aws("source", "redshift-data", "describe-statement", *statement)
    assert (described["Status"], described["ResultRows"]) == ("FINISHED", 1)
    result = aws("source", "redshift-data", "get-statement-result", *statement)
    assert result["Records"][0][0]["longValue"] > 0


def test_the_other_services_of_a_runbook(aws, tmp_path):
    sent, fetched = tmp_path / "sent.csv", tmp_path / "fetched.csv"
    # Larger than the part size, so that the CLI sends it in several parts.
    sent.write_text("1,one\n" * 2_000_000)
    address = "s3://aca-redshift-staging/a folder/sent.csv"
    aws("source", "s3", "cp", str(sent), address, "--quiet")
    aws("source", "s3", "cp", address, str(fetched), "--quiet")
    assert fetched.read_text() == sent.read_text()

    (topic,) = aws("source", "sns", "list-topics")["Topics"]
    message = ["--topic-arn", topic["TopicArn"], "--subject", "Backup", "--message", "It failed"]
    assert aws("source", "sns", "publish", *message)["MessageId"]

    key = aws("target", "kms", "describe-key", "--key-id", "alias/aca-redshift-dr")["KeyMetadata"]
    assert (key["KeyManager"], key["AWSAccountId"]) == ("CUSTOMER", TARGET)

    role = ["--role-arn", f"arn:aws:iam::{TARGET}:role/aca-redshift-dr-restore"]
    session = ["--role-session-name", "by-hand", "--external-id", "redshift-dr-sandbox"]
    assumed = aws("source", "sts", "assume-role", *role, *session)["AssumedRoleUser"]["Arn"]
    assert assumed == f"arn:aws:sts::{TARGET}:assumed-role/aca-redshift-dr-restore/by-hand"
