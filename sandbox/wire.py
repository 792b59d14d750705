"""From an HTTP request to the AWS call that it is, and from an error to the service's own bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from botocore.parsers import ResponseParserError, create_parser
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.parse import PROTOCOL_PARSERS, UNDEFINED
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from sandbox.accounts import REGION

SERVICES_BY_SIGNING_NAME = {
    "monitoring": ("cloudwatch",),
    "states": ("stepfunctions",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "ses": ("ses", "sesv2"),
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "tagging": ("resourcegroupstaggingapi",),
    "apigateway": ("apigateway", "apigatewayv2"),
    "execute-api": ("apigatewaymanagementapi",),
    "application-autoscaling": ("application-autoscaling",),
}
UNKNOWN = "Unknown"
MAXIMUM_TEXT_LENGTH = 65_536

_UNSIGNED_OPERATIONS_OF_STS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Credential:
    """What a Signature Version 4 credential scope says about a request."""

    access_key_id: str
    region: str
    signing_name: str


@dataclass(frozen=True)
class ApiCall:
    """One AWS call: the boto3 service name, botocore's operation name and parsed parameters."""

    service: str
    operation: str
    parameters: dict[str, Any]
    credential: Credential | None
    protocol: str = "json"
    model: Any = None


@dataclass(frozen=True)
class Reply:
    """An HTTP answer that is complete in memory."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def read_call(environ: dict[str, Any], body: bytes) -> ApiCall:
    """Tell which operation of which service a request calls, and with what.

    Parsing is moto's own, over botocore's models. A request that belongs to no operation of the
    models keeps ``Unknown`` as its operation.
    """
    credential = read_credential(environ)
    if credential is None:
        return _read_unsigned(environ, body) or ApiCall(UNKNOWN, UNKNOWN, {}, None)
    names = SERVICES_BY_SIGNING_NAME.get(credential.signing_name, (credential.signing_name,))
    for service in names:
        call = _read_as(service, environ, body, credential)
        if call is not None:
            return call
    return ApiCall(names[0], _named_operation(environ, body), {}, credential)


def read_credential(environ: Mapping[str, Any]) -> Credential | None:
    """Read the credential scope from the Authorization header or a presigned URL."""
    text = environ.get("HTTP_AUTHORIZATION", "")
    if not text:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        if "AWSAccessKeyId" in query:  # boto3 still presigns S3 URLs the old way
            return Credential(query["AWSAccessKeyId"][0], REGION, "s3")
        text = "Credential=" + query.get("X-Amz-Credential", [""])[0]
    match = _CREDENTIAL.search(text)
    return Credential(match[1], match[2], match[3].lower()) if match else None


def _read_unsigned(environ: dict[str, Any], body: bytes) -> ApiCall | None:
    if _named_operation(environ, body) not in _UNSIGNED_OPERATIONS_OF_STS:
        return None
    return _read_as("sts", environ, body, None)


def is_service(name: str) -> bool:
    """Tell whether boto3 has a service of that name."""
    try:
        get_service_model(name)
    except UnknownServiceError:
        return False
    return True


def _read_as(
    service: str, environ: dict[str, Any], body: bytes, credential: Credential | None
) -> ApiCall | None:
    request = Request({**environ, "wsgi.input": BytesIO(body)})
    try:
        model = get_service_model(service)
        protocol = determine_request_protocol(model, request.content_type)
        operation, uri_parameters = get_service_router(service).match(request)
    except (UnknownServiceError, NotFound, NotImplementedError):
        return None
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": uri_parameters,
            }
        )
    except (ValueError, TypeError, KeyError, AttributeError, HTTPException):
        parsed = {}  # moto answers what it makes of it
    return ApiCall(service, operation.name, json_safe(parsed), credential, protocol, operation)


def _named_operation(environ: Mapping[str, Any], body: bytes) -> str:
    target = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
    if target:
        return target
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [UNKNOWN])[0]
    return UNKNOWN


def json_safe(value: Any) -> Any:
    """Turn parsed parameters into JSON: instants as ISO 8601, blobs as text or their length."""
    if isinstance(value, Mapping):
        return {
            str(key): json_safe(item)
            for key, item in value.items()
            if item is not None and item is not UNDEFINED
        }
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return _blob_text(bytes(value))
    if hasattr(value, "read"):
        return _blob_text(value.read())
    return value


def _blob_text(blob: bytes) -> str:
    if len(blob) <= MAXIMUM_TEXT_LENGTH:
        try:
            return blob.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return f"<{len(blob)} bytes>"


class _WireError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# Moto warns of error codes that no service's model has; these are right all the same.
_CODES_OF_NO_MODEL = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalFailure",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "NotImplementedInSandbox",
    "SandboxCrash",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
)
COMMON_ERROR_CODES.extend(set(_CODES_OF_NO_MODEL) - set(COMMON_ERROR_CODES))


def error_reply(call: ApiCall, code: str, message: str, status: int) -> Reply:
    """Write an error the way the called service writes errors, so that SDKs parse it."""
    if call.model is None:
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code}
        return Reply(status, tuple(headers.items()), body)
    serializer = get_serializer_class(call.service, call.protocol)(call.model)
    written = serializer.serialize(_WireError(code, message))
    text = written["body"]
    return Reply(
        status,
        tuple((str(name), str(value)) for name, value in written["headers"].items()),
        text.encode() if isinstance(text, str) else text,
    )


def error_code_of(call: ApiCall, reply: Reply) -> str | None:
    """Return the error code that an SDK reads from an answer; None for a success."""
    if reply.status < 400:
        return None
    parser = create_parser(call.protocol)
    headers = {name.lower(): value for name, value in reply.headers}
    response = {"status_code": reply.status, "headers": headers, "body": reply.body}
    try:
        parsed = parser.parse(response, call.model.output_shape if call.model else None)
    except (ResponseParserError, ValueError, KeyError):
        return str(reply.status)
    return str(parsed.get("Error", {}).get("Code") or reply.status)
