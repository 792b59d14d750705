"""The guard at the door: who signed a call, whether they may make it, and a log of verdicts."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from sandbox.clock import CLOCK
from sandbox.guard.evaluation import Verdict, judge
from sandbox.guard.holders import Holder, holder_of
from sandbox.guard.own_policies import target_of
from sandbox.guard.requests import Ask, asks_of
from sandbox.guard.resource_facts import facts_of
from sandbox.guard.signatures import UnreadableSignatureError, is_genuine, read_signature

MAXIMUM_DECISIONS = 100_000


@dataclass(frozen=True)
class Decision:
    """One verdict, as the control API shows it."""

    principal: str
    action: str
    resources: tuple[str, ...]
    allowed: bool
    reason: str
    statements: tuple[str, ...]
    service: str
    operation: str


class DeniedError(Exception):
    """A call that is not let through.

    :ivar kind: ``signature``, ``token``, ``expired`` or ``permission``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Guard:
    """Judges calls while it is on, and remembers every verdict."""

    def __init__(self) -> None:
        self.enforce = False
        self._lock = Lock()
        self._log: deque[Decision] = deque(maxlen=MAXIMUM_DECISIONS)

    def check(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        access_key_id: str,
        region: str,
        environ: Mapping[str, Any],
        body: bytes,
    ) -> None:
        """Let a call pass, or not.

        :raises DeniedError: it is not signed by the holder of the key, or no policy allows it.
        """
        if not self.enforce:
            return
        holder = holder_of(access_key_id)
        if holder is None:
            raise DeniedError("token", "The security token included in the request is invalid.")
        _check_signature(holder, environ, body)
        self.check_holder(holder, service, operation, parameters, region=region)

    def check_holder(
        self,
        holder: Holder,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str,
    ) -> None:
        """Judge a call of somebody who is known, such as a role that a service has assumed.

        :raises DeniedError: no policy allows it.
        """
        account_id = holder.caller.account_id
        asks = asks_of(service, operation, parameters, account_id=account_id, region=region)
        for ask in asks:
            verdict = _judge(holder, ask, region)
            self._remember(holder, ask, verdict, service, operation)
            if not verdict.allowed:
                raise DeniedError(
                    "permission",
                    f"User: {holder.caller.arn} is not authorized to perform: {ask.action} on "
                    f"resource: {ask.arns[0]} because {verdict.reason}",
                )

    def decisions(self) -> list[dict[str, Any]]:
        """Return the log, oldest first."""
        with self._lock:
            return [asdict(one) for one in self._log]

    def reset(self) -> None:
        """Stand aside, and forget every verdict."""
        self.enforce = False
        self.clear()

    def clear(self) -> int:
        """Empty the log and return how many verdicts it held."""
        with self._lock:
            held = len(self._log)
            self._log.clear()
            return held

    def _remember(
        self, holder: Holder, ask: Ask, verdict: Verdict, service: str, operation: str
    ) -> None:
        decision = Decision(
            principal=holder.caller.arn,
            action=ask.action,
            resources=ask.arns,
            allowed=verdict.allowed,
            reason=verdict.reason,
            statements=verdict.statements,
            service=service,
            operation=operation,
        )
        with self._lock:
            self._log.append(decision)


def _judge(holder: Holder, ask: Ask, region: str) -> Verdict:
    statements: list[str] = []
    for arn in ask.arns:
        target = target_of(arn, holder.caller.account_id, ask.action)
        context = _surroundings(region) | dict(holder.facts) | facts_of(arn, target.account_id)
        context |= ask.facts
        verdict = judge(holder.caller, holder.policies, ask.action, [target], context)
        if not verdict.allowed:
            return verdict
        statements += [name for name in verdict.statements if name not in statements]
    return Verdict(True, "allowed", tuple(statements))


def _surroundings(region: str) -> dict[str, list[str]]:
    now = CLOCK.now()
    return {
        "aws:requestedregion": [region],
        "aws:currenttime": [now.isoformat()],
        "aws:epochtime": [str(int(now.timestamp()))],
        "aws:sourceip": ["127.0.0.1"],
        # The loopback stands for TLS: a policy that demands it is about the way to AWS.
        "aws:securetransport": ["true"],
        "aws:viaawsservice": ["false"],
    }


def _check_signature(holder: Holder, environ: Mapping[str, Any], body: bytes) -> None:
    try:
        signature = read_signature(environ)
    except UnreadableSignatureError as error:
        raise DeniedError("signature", str(error)) from error
    if holder.session_token is not None and signature.token != holder.session_token:
        raise DeniedError("token", "The security token included in the request is invalid.")
    if not is_genuine(signature, holder.secret_access_key, environ, body):
        raise DeniedError(
            "signature",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    if holder.is_expired:
        raise DeniedError("expired", "The security token included in the request is expired")
