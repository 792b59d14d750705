"""Who calls: profiles, assumed roles, and keys that nobody has."""

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.accounts import ACCOUNTS, SOURCE, TARGET

DR_ROLE = f"arn:aws:iam::{TARGET.account_id}:role/aca-redshift-dr-restore"


@pytest.mark.parametrize("profile", ["source", "target"])
def test_profile_acts_in_its_account(sandbox, profile):
    session = boto3.Session(profile_name=profile)
    assert session.region_name == "us-east-1"
    identity = session.client("sts").get_caller_identity()
    assert identity["Account"] == ACCOUNTS[profile].account_id


def test_source_assumes_a_role_of_the_target_account_and_acts_there(sandbox):
    credentials = sandbox.client("sts").assume_role(
        RoleArn=DR_ROLE, RoleSessionName="drill", ExternalId="redshift-dr-sandbox"
    )["Credentials"]
    assumed = boto3.client(
        "sts",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    identity = assumed.get_caller_identity()
    assert identity["Account"] == TARGET.account_id
    assert identity["Arn"].endswith(":assumed-role/aca-redshift-dr-restore/drill")


@pytest.mark.parametrize(
    "role_arn",
    [
        "arn:aws:iam::999999999999:role/elsewhere",
        f"arn:aws:iam::{TARGET.account_id}:role/does-not-exist",
        f"arn:aws:iam::{TARGET.account_id}:user/not-a-role",
    ],
)
def test_role_that_does_not_exist_cannot_be_assumed(sandbox, role_arn):
    with pytest.raises(ClientError) as refused:
        sandbox.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="drill")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert role_arn in str(refused.value)


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("redshift", "describe_clusters", "InvalidClientTokenId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("logs", "describe_log_groups", "UnrecognizedClientException"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("ec2", "describe_vpcs", "AuthFailure"),
    ],
)
def test_unknown_access_key_is_refused(sandbox, service, method, code):
    client = boto3.client(
        service, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )
    with pytest.raises(ClientError) as refused:
        getattr(client, method)()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    (call,) = sandbox.control("GET", "calls")
    assert (call["account_id"], call["principal"], call["status"]) == (None, None, 403)


def test_account_header_of_moto_opens_no_account(sandbox):
    client = sandbox.client("sts")

    def pretend(request, **_):
        request.headers["x-moto-account-id"] = TARGET.account_id

    client.meta.events.register("before-sign.sts", pretend)
    assert client.get_caller_identity()["Account"] == SOURCE.account_id


def test_inactive_key_is_refused_until_it_is_active_again(sandbox):
    iam = sandbox.client("iam")
    iam.create_user(UserName="operator")
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    operator = boto3.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert operator.get_caller_identity()["Arn"].endswith(":user/operator")
    for status in ("Inactive", "Active"):
        iam.update_access_key(UserName="operator", AccessKeyId=key["AccessKeyId"], Status=status)
        if status == "Inactive":
            with pytest.raises(ClientError, match="InvalidClientTokenId"):
                operator.get_caller_identity()
    assert operator.get_caller_identity()["Account"] == SOURCE.account_id


def test_presigned_url_acts_as_its_signer_and_an_unsigned_one_as_nobody(sandbox):
    from urllib.error import HTTPError
    from urllib.request import urlopen

    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a", Body=b"content")
    url = s3.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a"})
    with urlopen(url) as response:
        assert response.read() == b"content"
    with pytest.raises(HTTPError) as refused:
        urlopen(url.partition("?")[0])
    refused.value.close()
    assert refused.value.code == 403
