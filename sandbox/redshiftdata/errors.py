"""Errors of the Data API, with the HTTP status that botocore's service model gives them."""

import json

from moto.core.exceptions import JsonRESTError


class DataApiError(JsonRESTError):
    """An error as a client sees it.

    :param members: further members of the error, e.g. ``ResourceId``.
    """

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(code, message)
        self.description = json.dumps({"__type": code, "Message": message, **members})


class ValidationError(DataApiError):
    """The input is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class ResourceNotFoundError(DataApiError):
    """No such statement, or it has no result."""

    def __init__(self, message: str, resource_id: str) -> None:
        super().__init__("ResourceNotFoundException", message, ResourceId=resource_id)


class TooManyStatementsError(DataApiError):
    """Too many statements run at once."""

    def __init__(self, message: str) -> None:
        super().__init__("ActiveStatementsExceededException", message)


class DatabaseConnectionError(DataApiError):
    """The database cannot be reached, or does not let the user in."""

    code = 500

    def __init__(self, message: str) -> None:
        super().__init__("DatabaseConnectionException", message)


class LoginError(Exception):
    """Why a connection was not made; a statement fails with it, a listing answers with it."""
