"""AWS Lambda of the sandbox: functions run their real zip in the official runtime client."""

from sandbox.guard.guard import Guard


def install() -> None:
    """Put the sandbox's functions in the place of moto's. Idempotent; call it before the server.

    Two of moto's seams: the name ``LambdaFunction`` that its backend looks up when it creates a
    function, and the class that is instantiated per account and region.
    """
    import moto.awslambda.models as moto_models

    from sandbox.awslambda.models import SandboxFunction, SandboxLambdaBackend

    moto_models.LambdaFunction = SandboxFunction
    if moto_models.lambda_backends.backend is not SandboxLambdaBackend:
        moto_models.lambda_backends.backend = SandboxLambdaBackend
        moto_models.lambda_backends.clear()


def configure(endpoint_url: str, guard: Guard | None = None) -> None:
    """Say where the sandbox listens: what functions get as ``AWS_ENDPOINT_URL``.

    :param guard: judges what a function's role sends to a destination.
    """
    from sandbox.awslambda.destinations import Judge
    from sandbox.awslambda.service import SERVICE

    SERVICE.endpoint_url = endpoint_url
    Judge.guard = guard


def reset() -> None:
    """End all environments and forget all waiting events."""
    from sandbox.awslambda.events import EVENTS
    from sandbox.awslambda.service import SERVICE

    EVENTS.reset()
    SERVICE.abort(lambda key: True)


def close() -> None:
    """End all environments and remove all temporary files."""
    from sandbox.awslambda.events import EVENTS
    from sandbox.awslambda.service import SERVICE

    reset()
    EVENTS.close()
    SERVICE.close()
