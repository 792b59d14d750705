"""Redshift of the sandbox: two accounts that share snapshots, on top of moto."""

from moto.redshift.models import redshift_backends

from sandbox import kms
from sandbox.clock import CLOCK
from sandbox.redshift.models import SandboxRedshiftBackend, all_backends
from sandbox.redshift.settings import SETTINGS


def install() -> None:
    """Put the sandbox's Redshift (and its KMS) in moto's place. Idempotent."""
    kms.install()
    if redshift_backends.backend is not SandboxRedshiftBackend:
        redshift_backends.backend = SandboxRedshiftBackend
        redshift_backends.clear()
    CLOCK.on_change(settle_all)


def settle_all() -> None:
    """Bring every account up to date: a jump of the clock freezes the data of its moment."""
    for backend in all_backends():
        backend.settle()


def reset() -> None:
    """Forget clusters, snapshots, events and changed quotas of all accounts."""
    redshift_backends.clear()
    SETTINGS.reset()
