"""The two AWS accounts, their fixed access keys, and who stands behind an access key."""

import json
from dataclasses import dataclass

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

REGION = "us-east-1"
PARTITION = "aws"
ADMINISTRATOR = "sandbox-administrator"
_EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


@dataclass(frozen=True)
class Account:
    """One account of the sandbox; the keys are fakes that only the sandbox accepts."""

    profile: str
    account_id: str
    access_key_id: str
    secret_access_key: str


SOURCE = Account(
    profile="source",
    account_id="164543933824",
    access_key_id="AKIASANDBOXSOURCE001",
    secret_access_key="fake-secret-of-the-sandbox-source-account",
)
TARGET = Account(
    profile="target",
    account_id="058264155998",
    access_key_id="AKIASANDBOXTARGET001",
    secret_access_key="fake-secret-of-the-sandbox-target-account",
)
ACCOUNTS = {account.profile: account for account in (SOURCE, TARGET)}
OWN_ACCOUNT_IDS = frozenset(account.account_id for account in ACCOUNTS.values())
OWN_ACCOUNT_IDS = frozenset(account.account_id for account in ACCOUNTS.values())

MOTO_ACCOUNT_ID: str = DEFAULT_ACCOUNT_ID
MOTO_ACCESS_KEY_ID = "FOOBARKEY"


@dataclass(frozen=True)
class Principal:
    """Who calls: the ARN of a user or of an assumed role's session, and its account."""

    account_id: str
    arn: str


def register_administrators() -> None:
    """Create each account's administrator with its fixed access key; call again after a reset."""
    for account in ACCOUNTS.values():
        iam = iam_backends[account.account_id][PARTITION]
        if account.access_key_id in iam.access_keys:
            continue
        iam.create_user(REGION, ADMINISTRATOR, "/", None)
        iam.put_user_policy(ADMINISTRATOR, ADMINISTRATOR, _EVERYTHING)
        key = iam.create_access_key(ADMINISTRATOR)
        del iam.access_keys[key.access_key_id]
        key.access_key_id = account.access_key_id
        key.secret_access_key = account.secret_access_key
        iam.access_keys[account.access_key_id] = key


def principal_of(access_key_id: str) -> Principal | None:
    """Find who an access key belongs to.

    :return: None for a key that no account has, and for one that was made inactive.
    """
    for account in ACCOUNTS.values():
        key = iam_backends[account.account_id][PARTITION].access_keys.get(access_key_id)
        if key is None:
            continue
        if key.status != "Active":
            return None
        return Principal(account.account_id, _arn(account.account_id, access_key_id))
    return None


def _arn(account_id: str, access_key_id: str) -> str:
    _, arn, _ = sts_backends[account_id][PARTITION].get_caller_identity(access_key_id, REGION)
    return str(arn)
