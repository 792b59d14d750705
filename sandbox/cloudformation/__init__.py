"""CloudFormation of the sandbox: stacks whose resources are made by AWS calls to itself."""

from moto.cloudformation.models import cloudformation_backends

from sandbox.cloudformation import actor
from sandbox.cloudformation.models import SandboxCloudFormationBackend


def install() -> None:
    """Put the sandbox's CloudFormation in moto's place. Idempotent."""
    if cloudformation_backends.backend is not SandboxCloudFormationBackend:
        cloudformation_backends.backend = SandboxCloudFormationBackend
        cloudformation_backends.clear()


def configure(url: str) -> None:
    """Say where the sandbox listens."""
    actor.configure(url)
