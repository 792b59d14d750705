"""AWS::Lambda: functions, versions, aliases, permissions, asynchronous invocation.

Source: CloudFormation Template Reference, "AWS Lambda".
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.errors import ResourceFailureError
from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    changed,
    pick,
    refuse_existing,
    tag_changes,
    tag_map,
)

_CONFIGURATION = (
    "DeadLetterConfig",
    "Description",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "Runtime",
    "Timeout",
    "TracingConfig",
)
_DEFAULTS: Mapping[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "LoggingConfig": {"LogFormat": "Text"},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
_CODE = ("S3Bucket", "S3Key", "S3ObjectVersion")


class Function(ResourceType):
    """A function from a zip in S3, or from the text of one file."""

    type_name = "AWS::Lambda::Function"
    modelled = frozenset(
        {*_CONFIGURATION, "Architectures", "Code", "FunctionName", "KmsKeyArn", "PackageType"}
        | {"ReservedConcurrentExecutions", "Tags"}
    )
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("lambda")
        name = properties.get("FunctionName") or context.name(64)
        request = pick(properties, (*_CONFIGURATION, "Architectures", "PackageType"))
        if "KmsKeyArn" in properties:
            request["KMSKeyArn"] = properties["KmsKeyArn"]
        answer = client.create_function(
            FunctionName=name,
            Code=_code(properties),
            Tags=tag_map(properties.get("Tags")),
            **request,
        )
        context.exists(name)
        if "ReservedConcurrentExecutions" in properties:
            _reserve(client, name, properties)
        return Made(name, {"Arn": answer["FunctionArn"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, names = context.client("lambda"), changed(old, new)
        function = made.physical_id
        if names & {"Code", "Architectures"}:
            architectures = pick(new, ("Architectures",))
            client.update_function_code(FunctionName=function, **_code(new), **architectures)
        request = {name: new.get(name, _DEFAULTS.get(name)) for name in names & {*_CONFIGURATION}}
        if "KmsKeyArn" in names:
            request["KMSKeyArn"] = new.get("KmsKeyArn", "")
        if request:
            client.update_function_configuration(FunctionName=function, **request)
        if "ReservedConcurrentExecutions" in names:
            _reserve(client, function, new)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_resource(Resource=made.attributes["Arn"], Tags=to_set)
        if to_remove:
            client.untag_resource(Resource=made.attributes["Arn"], TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("lambda").delete_function(FunctionName=made.physical_id)


def _reserve(client: Any, name: str, properties: Properties) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=reserved)


def _code(properties: Properties) -> dict[str, Any]:
    """Return the code as the API takes it.

    :raises ResourceFailureError: neither a zip in S3 nor text.
    """
    code = properties["Code"]
    if "ZipFile" in code:
        return {"ZipFile": _zip(code["ZipFile"], str(properties.get("Runtime", "")))}
    if "S3Bucket" not in code or "S3Key" not in code:
        raise ResourceFailureError("Please provide a source for function code.")
    return pick(code, _CODE)


def _zip(text: str, runtime: str) -> bytes:
    file_name = "index.js" if runtime.startswith("nodejs") else "index.py"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(file_name, text)
    return buffer.getvalue()


class Version(ResourceType):
    """A published version; a changed description or hash of the code publishes the next one."""

    type_name = "AWS::Lambda::Version"
    modelled = frozenset({"CodeSha256", "Description", "FunctionName"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client, function = context.client("lambda"), properties["FunctionName"]
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=function)
        before = {one["Version"] for page in pages for one in page["Versions"]}
        answer = client.publish_version(**properties)
        version, arn = answer["Version"], answer["FunctionArn"]
        if version in before:
            raise ResourceFailureError(
                f"A version for this Lambda function exists ( {version} ). Modify the function "
                "to create a new version."
            )
        return Made(arn, {"Version": version, "FunctionArn": arn})

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("lambda").delete_function(
            FunctionName=properties["FunctionName"], Qualifier=made.attributes["Version"]
        )


class Alias(ResourceType):
    """A name for a version."""

    type_name = "AWS::Lambda::Alias"
    modelled = frozenset({"Description", "FunctionName", "FunctionVersion", "Name"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        arn = context.client("lambda").create_alias(**properties)["AliasArn"]
        return Made(arn, {"AliasArn": arn})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        context.client("lambda").update_alias(**{"Description": "", **new})
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("lambda").delete_alias(**pick(properties, ("FunctionName", "Name")))


class Permission(ResourceType):
    """A statement in the policy of a function, of one of its versions or of an alias."""

    type_name = "AWS::Lambda::Permission"
    modelled = frozenset(
        {"Action", "EventSourceToken", "FunctionName", "FunctionUrlAuthType", "Principal"}
        | {"PrincipalOrgID", "SourceAccount", "SourceArn"}
    )
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        statement_id = context.name(100)
        request = dict(properties) | _function_and_qualifier(properties["FunctionName"])
        context.client("lambda").add_permission(StatementId=statement_id, **request)
        return Made(statement_id, {"Id": statement_id})

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("lambda").remove_permission(
            StatementId=made.physical_id, **_function_and_qualifier(properties["FunctionName"])
        )


def _function_and_qualifier(name: str) -> dict[str, str]:
    """Split a name or an ARN that ends in a version or an alias."""
    parts = name.split(":")
    if name.startswith("arn:"):
        function, qualifier = ":".join(parts[:7]), parts[7:]
    else:
        function, qualifier = parts[0], parts[1:]
    return {"FunctionName": function} | ({"Qualifier": qualifier[0]} if qualifier else {})


class EventInvokeConfig(ResourceType):
    """Retries and destinations of asynchronous invocations."""

    type_name = "AWS::Lambda::EventInvokeConfig"
    modelled = frozenset(
        {"DestinationConfig", "FunctionName", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"}
        | {"Qualifier"}
    )
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client, where = context.client("lambda"), pick(properties, ("FunctionName", "Qualifier"))
        name = "|".join(where.values())

        def look() -> bool:
            arn = client.get_function_event_invoke_config(**where)["FunctionArn"]
            return str(arn).endswith(f":{where['Qualifier']}")

        refuse_existing(name, look, self.gone)
        client.put_function_event_invoke_config(**properties)
        return Made(name, {})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        context.client("lambda").put_function_event_invoke_config(**new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("lambda").delete_function_event_invoke_config(
            **pick(properties, ("FunctionName", "Qualifier"))
        )
