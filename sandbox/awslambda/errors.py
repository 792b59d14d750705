"""Errors of the Lambda API that moto does not have, with botocore's codes and HTTP status."""

from moto.awslambda.exceptions import LambdaClientError


class RequestTooLargeError(LambdaClientError):
    """The payload is over Lambda's limit."""

    code = 413

    def __init__(self, message: str) -> None:
        super().__init__("RequestTooLargeException", message)


class InvalidRequestContentError(LambdaClientError):
    """The payload is not JSON."""

    code = 400

    def __init__(self, reason: str) -> None:
        super().__init__(
            "InvalidRequestContentException", f"Could not parse request body into json: {reason}"
        )


class TooManyRequestsError(LambdaClientError):
    """More invocations at once than reserved for the function, or than the sandbox runs."""

    code = 429

    def __init__(self, message: str = "Rate Exceeded.") -> None:
        super().__init__("TooManyRequestsException", message)


class AccessDeniedError(LambdaClientError):
    """The function's policy does not let the caller's account in."""

    code = 403

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class ServiceError(LambdaClientError):
    """The invocation was cut off by the sandbox itself."""

    code = 500

    def __init__(self, message: str) -> None:
        super().__init__("ServiceException", message)


class NotImplementedInSandboxError(LambdaClientError):
    """What AWS offers and the sandbox does not model."""

    code = 501

    def __init__(self, message: str) -> None:
        super().__init__("NotImplementedInSandbox", message)
