"""Temporary credentials of a function's role."""

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.awslambda.invocation import FunctionSpec

_DURATION_SECONDS = 43_200


def role_credentials(spec: FunctionSpec) -> tuple[str, str, str]:
    """Return access key id, secret key and session token of the function's role.

    The session bears the function's name, so the caller is
    ``assumed-role/<role>/<function>`` as on Lambda.
    """
    backend = sts_backends[spec.account_id][get_partition(spec.region)]
    session = backend.assume_role(
        region_name=spec.region,
        role_session_name=spec.function_name,
        role_arn=spec.role,
        policy="",
        duration=_DURATION_SECONDS,
        external_id="",
    )
    return session.access_key_id, session.secret_access_key, session.session_token
