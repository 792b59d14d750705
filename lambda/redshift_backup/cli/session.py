"""AWS as a laptop reaches it: a profile, a region, and who that is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import uuid4

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from redshift_backup import aws
from redshift_backup.caller import Caller
from redshift_backup.cli.exit_codes import UnreachableError, UsageError

_AGREEING = timedelta(seconds=5)


@dataclass(frozen=True)
class Identity:
    """Who runs the command, and when by AWS's clock.

    :ivar arn: of the user or role behind the profile.
    :ivar now: aware UTC. Snapshots carry AWS's time, so that their ages are counted by it too; a
        laptop's clock may be off.
    """

    caller: Caller
    arn: str
    now: datetime


@contextmanager
def session_of(profile: str | None, region: str | None) -> Iterator[boto3.Session]:
    """Make every client of the core one of this profile and region, for as long as it lasts.

    :raises UnreachableError: there is no such profile.
    :raises UsageError: nothing names a region.
    """
    try:
        core = get_session()
        session = boto3.Session(profile_name=profile, region_name=region, botocore_session=core)
    except BotoCoreError as error:
        raise UnreachableError(f"AWS cannot be asked: {error}; name one with --profile") from error
    if session.region_name is None:
        raise UsageError("no AWS region is known; name one with --region")
    with aws.using(core):
        yield session


def identify(session: boto3.Session, function_name: str) -> Identity:
    """Ask STS who this is.

    :param function_name: of the function whose work the command does.
    :raises UnreachableError: no credentials, credentials that AWS refuses, or no usable reply.
    """
    try:
        reply = aws.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise UnreachableError(
            f"AWS does not tell who profile {session.profile_name} is: {error}; look at the "
            "network and at the profile's login, or name another profile with --profile"
        ) from error
    account_id, arn = reply["Account"], reply["Arn"]
    partition = arn.split(":")[1]
    return Identity(
        caller=Caller(
            account_id=account_id,
            function_name=function_name,
            request_id=str(uuid4()),
            arn_prefix=f"arn:{partition}:redshift:{session.region_name}:{account_id}",
        ),
        arn=arn,
        now=_now(reply["ResponseMetadata"].get("HTTPHeaders", {})),
    )


def _now(headers: Mapping[str, str]) -> datetime:
    here = datetime.now(UTC)
    try:
        there = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return here
    # The header counts whole seconds; clocks that agree so far leave the finer one.
    return here if abs(there - here) <= _AGREEING else there
