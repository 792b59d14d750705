"""The account of moto's own tests: open in a bare sandbox, and no way into the two accounts."""

from base64 import b64encode
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.models import MockAWS

from sandbox.accounts import SOURCE, TARGET
from sandbox.moto_account import ACCESS_KEY_ID


def _moto(service: str, **credentials: str) -> Any:
    keys = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": "x", **credentials}
    return boto3.client(service, **keys)


def test_key_is_the_one_that_mock_aws_calls_with() -> None:
    assert MockAWS()._fake_creds["AWS_ACCESS_KEY_ID"] == ACCESS_KEY_ID


def test_bare_sandbox_lets_moto_s_key_into_an_account_of_its_own(sandbox: Any) -> None:
    assert _moto("sts").get_caller_identity()["Account"] == "123456789012"
    _moto("sns").create_topic(Name="of-moto")
    assert sandbox.client("sns").list_topics()["Topics"] == []


def test_playground_refuses_moto_s_key(playground: Any) -> None:
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        _moto("sts").get_caller_identity()


def test_moto_s_key_opens_nothing_while_policies_are_enforced(sandbox: Any) -> None:
    sandbox.control("POST", "iam", {"enforce": True})
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        _moto("sts").get_caller_identity()
    sandbox.control("POST", "iam", {"enforce": False})
    assert _moto("sts").get_caller_identity()["Account"] == "123456789012"


def test_keys_made_by_moto_s_tests_act_where_they_were_made(sandbox: Any) -> None:
    made = _moto("sts").assume_role(
        RoleArn="arn:aws:iam::111111111111:role/elsewhere", RoleSessionName="moto"
    )["Credentials"]
    assumed = _moto(
        "sts",
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
    )
    assert assumed.get_caller_identity()["Account"] == "111111111111"


@pytest.mark.parametrize("account", [SOURCE, TARGET])
def test_no_role_of_the_two_accounts_can_be_assumed_from_moto_s(sandbox: Any, account: Any) -> None:
    role = f"arn:aws:iam::{account.account_id}:role/aca-redshift-dr-restore"
    provider = f"arn:aws:iam::{account.account_id}:saml-provider/p"
    unsigned = boto3.client("sts", config=Config(signature_version=UNSIGNED))
    assertion = b64encode(f"<a>{role},{provider}</a>".encode()).decode()
    moto_role = "arn:aws:iam::123456789012:role/r"
    attempts = [
        lambda: _moto("sts").assume_role(RoleArn=role, RoleSessionName="moto"),
        lambda: unsigned.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName="moto", WebIdentityToken="t" * 4
        ),
        lambda: unsigned.assume_role_with_saml(
            RoleArn=moto_role, PrincipalArn=provider, SAMLAssertion=assertion
        ),
    ]
    for attempt in attempts:
        with pytest.raises(ClientError) as refused:
            attempt()
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_reset_of_moto_is_the_sandbox_s_own(sandbox: Any) -> None:
    sandbox.client("sns").create_topic(Name="gone")
    sandbox.control("POST", "clock", {"advance_seconds": 3600})
    with urlopen(Request(f"{sandbox.url}/moto-api/reset", method="POST")) as answer:
        assert answer.status == 200
    assert sandbox.client("sns").list_topics()["Topics"] == []
    assert sandbox.client("sts").get_caller_identity()["Account"] == SOURCE.account_id
