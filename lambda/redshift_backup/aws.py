"""How AWS is called: clients, retries, and AWS's error codes as our errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session, get_session

from redshift_backup import errors

# Snapshot calls have no client token, so a lost reply is retried blindly; the identifier makes
# that harmless. Four attempts fit into a short function timeout.
CLIENT_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=5,
    read_timeout=30,
)
_KINDS: Mapping[str, type[errors.AwsError]] = {
    "ClusterNotFound": errors.NotFoundError,
    "ClusterSnapshotNotFound": errors.NotFoundError,
    "AuthorizationNotFound": errors.NotFoundError,
    # Of a missing bucket nothing can be said, so NoSuchBucket is not among them.
    "NoSuchKey": errors.NotFoundError,
    "ResourceNotFoundFault": errors.NotFoundError,
    "NotFoundException": errors.NotFoundError,
    "ResourceNotFoundException": errors.NotFoundError,
    "ClusterSnapshotAlreadyExists": errors.AlreadyExistsError,
    "AuthorizationAlreadyExists": errors.AlreadyExistsError,
    "InvalidClusterState": errors.InvalidStateError,
    "InvalidClusterSnapshotState": errors.InvalidStateError,
    "ClusterSnapshotQuotaExceeded": errors.QuotaExceededError,
    "AuthorizationQuotaExceeded": errors.QuotaExceededError,
    "LimitExceededFault": errors.QuotaExceededError,
    "Throttling": errors.ThrottledError,
    "ThrottlingException": errors.ThrottledError,
    "ThrottledException": errors.ThrottledError,
    "RequestLimitExceeded": errors.ThrottledError,
    "RequestThrottled": errors.ThrottledError,
    "TooManyRequestsException": errors.ThrottledError,
    "DependentServiceRequestThrottlingFault": errors.ThrottledError,
    "AccessDenied": errors.AccessDeniedError,
    "AccessDeniedException": errors.AccessDeniedError,
    "UnauthorizedOperation": errors.AccessDeniedError,
    "AccessToSnapshotDenied": errors.AccessDeniedError,
}
_chosen_session: Session | None = None
_NEXT = ". Next: "
_NEXT_STEPS: Mapping[type[errors.AwsError], str] = {
    errors.QuotaExceededError: "ask AWS for a higher quota, or prune what is not needed",
    errors.ThrottledError: "send the same event again in a minute",
    errors.AccessDeniedError: "grant the function's role this call",
    errors.AwsError: "send the same event again; what was done already is found and taken over",
}


@cache
def client(service: str) -> Any:
    """Return the one client of a service; a warm function keeps it.

    The same client as boto3's, from the library below it: boto3 also loads transfers to S3 and
    resources, a sixth of a cold start, and nothing here needs them.
    """
    return (_chosen_session or _default_session()).create_client(service, config=CLIENT_CONFIG)


@cache
def _default_session() -> Session:
    return get_session()


@contextmanager
def using(session: Session) -> Iterator[None]:
    """Make every client one of this session, for as long as it lasts."""
    global _chosen_session
    before, _chosen_session = _chosen_session, session
    client.cache_clear()
    try:
        yield
    finally:
        _chosen_session = before
        client.cache_clear()


@contextmanager
def our_errors(operation: str, subject: str) -> Iterator[None]:
    """Turn what botocore raises into our errors, with what was done to what and the next step."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "unknown")
        kind = _KINDS.get(code, errors.AwsError)
        raise kind(
            _sentence(
                operation, subject, f"{code}: {error.response['Error'].get('Message')}", kind
            ),
            code=code,
        ) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise errors.AwsError(
            _sentence(operation, subject, f"no usable reply: {error}", errors.AwsError)
        ) from error


def without_next_step(error: errors.AwsError) -> str:
    """Return what went wrong alone, for whoever has a better next step to say."""
    return str(error).partition(_NEXT)[0]


def _sentence(operation: str, subject: str, what: str, kind: type[errors.AwsError]) -> str:
    next_step = _NEXT_STEPS.get(kind)
    sentence = f"{operation} of {subject} failed: {what.rstrip('.')}"
    return f"{sentence}{_NEXT}{next_step}" if next_step else sentence
