"""The account in which moto's own tests run, beside the two of the sandbox."""

from base64 import b64decode

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from sandbox.accounts import OWN_ACCOUNT_IDS, PARTITION, Principal
from sandbox.lifecycle import LIFECYCLE, OPERATIONS
from sandbox.redshift.settings import SETTINGS
from sandbox.wire import ApiCall, Reply, error_reply

ACCESS_KEY_ID = "FOOBARKEY"
"""The access key that ``mock_aws`` calls with."""

RESET_PATH = "/moto-api/reset"
"""Where ``mock_aws`` in server mode asks for a reset; the sandbox answers with its own."""


class MotoAccount:
    """Lets moto's tests in: their access key, and the keys that they make with it.

    Here moto answers as it is, without the sandbox's refusals: what moto stores and never carries
    out is what its tests ask for. No role of the sandbox's two accounts can be assumed from here.
    """

    def __init__(self) -> None:
        self.is_open = False

    def principal_of(self, call: ApiCall) -> Principal | None:
        """Find who of moto's accounts makes a call; None while closed, or for an unknown key.

        A call without a key is one that AWS, too, lets anybody make: ``AssumeRoleWithSAML``,
        ``AssumeRoleWithWebIdentity``.
        """
        if not self.is_open:
            return None
        if call.credential is None:
            return _MOTO if call.service == "sts" else None
        key = call.credential.access_key_id
        if key == ACCESS_KEY_ID:
            return _MOTO
        for account_id, partitions in list(iam_backends.items()):
            if account_id in OWN_ACCOUNT_IDS:
                continue
            if any(key in iam.access_keys for iam in list(partitions.values())):
                return Principal(account_id, f"arn:{PARTITION}:iam::{account_id}:root")
        return None


def is_moto(principal: Principal) -> bool:
    """Tell whether a caller acts outside the sandbox's two accounts."""
    return principal.account_id not in OWN_ACCOUNT_IDS


def refuse_way_out(call: ApiCall, principal: Principal) -> Reply | None:
    """Refuse to let a caller of moto's accounts assume a role of the sandbox's two."""
    if call.service != "sts" or not call.operation.startswith("AssumeRole"):
        return None
    text = f"{call.parameters.get('RoleArn', '')} {_assertion(call)}"
    if not any(f"::{account_id}:" in text for account_id in OWN_ACCOUNT_IDS):
        return None
    sentence = (
        f"User: {principal.arn} is not authorized to perform: sts:{call.operation} on a role of "
        "the sandbox's own accounts"
    )
    return error_reply(call, "AccessDenied", sentence, 403)


def take_no_time() -> None:
    """Let snapshots, restores and changes of clusters end at once: moto's tests do not wait."""
    for operation in OPERATIONS:
        LIFECYCLE.set(operation, 0, "available")
    SETTINGS.cluster_seconds = dict.fromkeys(SETTINGS.cluster_seconds, 0.0)


def _assertion(call: ApiCall) -> str:
    """Return the text of a SAML assertion, which names the role that moto makes keys for."""
    try:
        return b64decode(call.parameters.get("SAMLAssertion", "")).decode(errors="replace")
    except ValueError:
        return ""


_MOTO = Principal(DEFAULT_ACCOUNT_ID, f"arn:{PARTITION}:sts::{DEFAULT_ACCOUNT_ID}:user/moto")
