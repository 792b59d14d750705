"""One resource of a stack: made, changed, deleted, with its events and AWS's words for failures."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.cloudformation import schemas
from sandbox.cloudformation.actor import Clients
from sandbox.cloudformation.errors import ResourceFailureError, ValidationError
from sandbox.cloudformation.resources import REGISTRY
from sandbox.cloudformation.resources.base import Context, Made
from sandbox.cloudformation.stack import Stack, StackResource


class Maker:
    """Carries out one operation's steps on the resources of a stack.

    :param clients: makes the AWS calls, as the caller or the stack's role.
    """

    def __init__(self, stack: Stack, clients: Clients) -> None:
        self._stack = stack
        self._clients = clients
        self.token = str(uuid.uuid4())

    def create(self, resource: StackResource, properties: Mapping[str, Any]) -> None:
        """Make a resource.

        :raises ResourceFailureError: it could not be made; the resource has a physical id if a
            part of it was.
        """
        self.record("CREATE_IN_PROGRESS", resource)
        try:
            resource.properties = checked(resource, properties, self._stack.region)
            made = self._run(resource, "create", resource.properties)
        except ResourceFailureError as error:
            self.record("CREATE_FAILED", resource, str(error))
            raise
        resource.physical_id, resource.attributes = made.physical_id, dict(made.attributes)
        self.record("CREATE_IN_PROGRESS", resource, "Resource creation Initiated")
        self.record("CREATE_COMPLETE", resource)

    def update(
        self, resource: StackResource, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> None:
        """Change a resource in place.

        :raises ResourceFailureError: it could not be changed, or not wholly.
        """
        self.record("UPDATE_IN_PROGRESS", resource)
        try:
            made = self._run(resource, "update", _made(resource), old, new)
        except ResourceFailureError as error:
            self.record("UPDATE_FAILED", resource, str(error))
            raise
        resource.properties, resource.attributes = dict(new), dict(made.attributes)
        self.record("UPDATE_COMPLETE", resource)

    def delete(self, resource: StackResource) -> bool:
        """Delete a resource, and tell whether it is gone."""
        self.record("DELETE_IN_PROGRESS", resource)
        if resource.physical_id is not None:
            try:
                self._run(resource, "delete", _made(resource), resource.properties)
            except ResourceFailureError as error:
                self.record("DELETE_FAILED", resource, str(error))
                return False
        self.record("DELETE_COMPLETE", resource)
        return True

    def keep(self, resource: StackResource) -> None:
        """Let a resource be that its policy retains."""
        self.record("DELETE_SKIPPED", resource)

    def record(self, status: str, resource: StackResource, reason: str | None = None) -> None:
        """Add a resource's event."""
        written = json.dumps(resource.properties, default=str)
        self._stack.record(status, reason, resource, self.token, written)

    def _run(self, resource: StackResource, step: str, *arguments: Any) -> Any:
        handler = REGISTRY[resource.type_name]

        def exists(physical_id: str) -> None:
            resource.physical_id = physical_id

        context = Context(
            client=self._clients,
            account_id=self._stack.account_id,
            region=self._stack.region,
            stack_name=self._stack.name,
            logical_id=resource.logical_id,
            exists=exists,
        )
        try:
            return getattr(handler, step)(context, *arguments)
        except ClientError as error:
            if step == "delete" and error.response["Error"]["Code"] in handler.gone:
                return None
            raise ResourceFailureError(_reason(error, self.token)) from error
        except (BotoCoreError, NotImplementedError) as error:  # unfit, unanswered, not modelled
            raise ResourceFailureError(
                f'Resource handler returned message: "{error}" '
                f"(RequestToken: {self.token}, HandlerErrorCode: InvalidRequest)"
            ) from error


def _made(resource: StackResource) -> Made:
    return Made(str(resource.physical_id), resource.attributes)


def _reason(error: ClientError, token: str) -> str:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 400)
    handler_code = _HANDLER_CODES.get(code, "GeneralServiceException")
    return (
        f'Resource handler returned message: "{message} (Error Code: {code}, Status Code: '
        f'{status})" (RequestToken: {token}, HandlerErrorCode: {handler_code})'
    )


_HANDLER_CODES = {
    "AccessDenied": "AccessDenied",
    "AccessDeniedException": "AccessDenied",
    "BucketAlreadyExists": "AlreadyExists",
    "BucketAlreadyOwnedByYou": "AlreadyExists",
    "ConflictException": "AlreadyExists",
    "EntityAlreadyExists": "AlreadyExists",
    "ResourceAlreadyExistsException": "AlreadyExists",
    "ResourceConflictException": "AlreadyExists",
    "ResourceNotFoundException": "NotFound",
    "NoSuchEntity": "NotFound",
}


def checked(resource: StackResource, properties: Mapping[str, Any], region: str) -> dict[str, Any]:
    """Return properties as the schema of the type has them.

    :raises ResourceFailureError: they do not fit the schema, or have what is not modelled here.
    """
    schema = schemas.find(resource.type_name, region)
    assert schema is not None, "checked with the template"
    try:
        coerced = schema.coerced(properties)
    except ValidationError as error:
        raise ResourceFailureError(error.message) from error
    faults = schema.faults(coerced)
    if faults:
        raise ResourceFailureError(
            f"Properties validation failed for resource {resource.logical_id} with message:\n"
            + "\n".join(faults)
        )
    missing = sorted(set(coerced) - REGISTRY[resource.type_name].modelled)
    if missing:
        raise ResourceFailureError(
            f"The sandbox does not model {', '.join(missing)} of {resource.type_name}"
        )
    return coerced
