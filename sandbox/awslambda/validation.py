"""What Lambda refuses when a function is created, updated or invoked, and moto lets pass."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, ValidationException

from sandbox.awslambda.errors import NotImplementedInSandboxError

NO_SUCH_KEY = (
    "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
    "S3 Error Message: The specified key does not exist."
)
MAXIMUM_UNZIPPED_BYTES = 262_144_000
MAXIMUM_ENVIRONMENT_BYTES = 4096
OLDEST_PYTHON_MINOR = 11
# Source: Lambda's documented reserved environment variables; not checked against AWS.
RESERVED_VARIABLES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_RANGES = {"Timeout": (1, 900), "MemorySize": (128, 10_240)}


def check_configuration(spec: dict[str, Any]) -> None:
    """Check the parts of a function's configuration that are given.

    :raises ValidationException: timeout or memory out of range.
    :raises InvalidParameterValueException: reserved or too many environment variables.
    """
    for name, (low, high) in _RANGES.items():
        value = spec.get(name)
        if value is None:
            continue
        if int(value) < low or int(value) > high:
            kind, bound = ("greater", low) if int(value) < low else ("less", high)
            raise ValidationException(
                str(value),
                name[0].lower() + name[1:],
                f"Member must have value {kind} than or equal to {bound}",
            )
    _check_variables((spec.get("Environment") or {}).get("Variables") or {})


def _check_variables(variables: dict[str, str]) -> None:
    prefix = (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided"
    )
    reserved = sorted(RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise InvalidParameterValueException(
            f"{prefix} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    size = sum(len(name.encode()) + len(value.encode()) for name, value in variables.items())
    if size > MAXIMUM_ENVIRONMENT_BYTES:
        raise InvalidParameterValueException(f"{prefix} exceeded the 4KB limit. ({size} bytes)")


def check_code(code: bytes, *, from_s3: bool = False) -> None:
    """Check that a function's code is a zip that can be unpacked.

    :param from_s3: moto hands over nothing, without an error, where the object is missing.
    :raises InvalidParameterValueException: not a zip, too large, or a path that leads out.
    """
    if from_s3 and not code:
        raise InvalidParameterValueException(NO_SUCH_KEY)
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile as error:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error
    size = sum(entry.file_size for entry in entries)
    if size >= MAXIMUM_UNZIPPED_BYTES:
        raise InvalidParameterValueException(
            f"Unzipped size must be smaller than {MAXIMUM_UNZIPPED_BYTES} bytes"
        )
    outside = [e.filename for e in entries if ".." in PurePosixPath(e.filename).parts]
    if outside:
        raise InvalidParameterValueException(f"The zip's entry {outside[0]} leads out of it")


def is_image(function: Any) -> bool:
    """Tell whether a function's code is a container image, even if its PackageType was left out."""
    return function.package_type != "Zip" or "ImageUri" in function.code


def check_runnable(function: Any) -> None:
    """Refuse to run what the sandbox can only store.

    ``python3.11`` and later run, on whatever Python the sandbox itself runs on.

    :raises NotImplementedInSandboxError: container images, layers, other runtimes.
    """
    if is_image(function):
        raise NotImplementedInSandboxError(
            f"The function {function.function_name} is a container image; the sandbox runs zips."
        )
    if function.layers:
        raise NotImplementedInSandboxError(
            f"The function {function.function_name} has layers; the sandbox does not unpack them. "
            "Put their content into the function's zip."
        )
    match = re.fullmatch(r"python3\.(\d+)", function.run_time or "")
    if match is None or int(match[1]) < OLDEST_PYTHON_MINOR:
        raise NotImplementedInSandboxError(
            f"The function {function.function_name} has the runtime {function.run_time}; the "
            f"sandbox runs python3.{OLDEST_PYTHON_MINOR} and later. Change the function's Runtime."
        )


def check_destinations(config: dict[str, Any]) -> None:
    """Refuse destinations of asynchronous invocations that the sandbox cannot reach.

    :raises NotImplementedInSandboxError: anything but SNS, SQS and Lambda.
    """
    for destination in (config.get("DestinationConfig") or {}).values():
        arn = destination.get("Destination") or ""
        if arn.split(":")[2:3] not in ([], ["sns"], ["sqs"], ["lambda"]):
            raise NotImplementedInSandboxError(
                f"The sandbox sends invocation records to SNS, SQS and Lambda, not to {arn}"
            )


@contextmanager
def code_errors() -> Iterator[None]:
    """Turn moto's bare ValueError about a missing bucket or key into an error of the API."""
    try:
        yield
    except ValueError as error:
        if error.args[:1] != ("InvalidParameterValueException",):
            raise
        raise InvalidParameterValueException(error.args[1]) from error
