"""The Redshift Data API of the sandbox: real SQL on the data of clusters."""

from moto.redshiftdata.models import redshiftdata_backends

from sandbox.redshiftdata.models import SandboxRedshiftDataBackend
from sandbox.redshiftdata.runner import stop_all


def install() -> None:
    """Put the sandbox's Data API in moto's place. Idempotent."""
    if redshiftdata_backends.backend is not SandboxRedshiftDataBackend:
        redshiftdata_backends.backend = SandboxRedshiftDataBackend
        redshiftdata_backends.clear()


def reset() -> None:
    """Cancel what runs, and forget the statements of all accounts."""
    stop_all()
    redshiftdata_backends.clear()
