"""Errors of CloudFormation as a client sees them, and failures inside of a deployment."""

from moto.core.exceptions import ServiceException


class CloudFormationError(ServiceException):
    """An error that answers a request. ``code`` and ``message`` are on the wire."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message


class ValidationError(CloudFormationError):
    """The template, a parameter or the state of the stack does not allow the request."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


class AlreadyExistsError(CloudFormationError):
    """A stack of that name exists."""

    def __init__(self, message: str) -> None:
        super().__init__("AlreadyExistsException", message)


class InsufficientCapabilitiesError(CloudFormationError):
    """The template makes IAM resources and the caller has not acknowledged it."""

    def __init__(self, capability: str) -> None:
        super().__init__(
            "InsufficientCapabilitiesException", f"Requires capabilities : [{capability}]"
        )


class ChangeSetNotFoundError(CloudFormationError):
    """No such change set."""

    def __init__(self, name: str) -> None:
        super().__init__("ChangeSetNotFound", f"ChangeSet [{name}] does not exist")


class InvalidChangeSetStatusError(CloudFormationError):
    """The change set cannot be executed."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidChangeSetStatus", message)


class ResourceFailureError(Exception):
    """One resource could not be created, updated or deleted; the text is the event's reason."""
