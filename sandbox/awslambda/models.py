"""Lambda functions that run: moto's function and backend with the real runtime behind them."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from moto.awslambda.exceptions import InvalidParameterValueException, UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig, LambdaAlias, LambdaBackend, LambdaFunction

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.awslambda import validation
from sandbox.awslambda.invocation import FunctionSpec, Invocation, Outcome
from sandbox.awslambda.service import SERVICE

_LOG_TAIL_BYTES = 4096
_CODE_ATTRIBUTES = ("code_bytes", "code_size", "code_sha_256", "code_digest")


class SandboxFunction(LambdaFunction):
    """One version of a function; its code runs in ``awslambdaric``."""

    # Set by moto's constructor.
    code_bytes: bytes
    code_size: int
    code_sha_256: str
    code_digest: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        spec = kwargs["spec"]
        self.logging_config: dict[str, str] = spec.get("LoggingConfig") or {}
        validation.check_configuration(spec)
        super().__init__(*args, **kwargs)
        if not validation.is_image(self):
            validation.check_code(self.code_bytes)

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """Return what GetFunctionConfiguration shows, with a LoggingConfig if one was given."""
        config: dict[str, Any] = super().get_configuration(on_create)
        if self.logging_config:
            config["LoggingConfig"] = {
                "LogFormat": "Text",
                "LogGroup": f"/aws/lambda/{self.function_name}",
                **self.logging_config,
            }
        return config

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """Take new configuration; environments with the old one end."""
        validation.check_configuration(config_updates)
        if "LoggingConfig" in config_updates:
            self.logging_config = config_updates["LoggingConfig"] or {}
        if "EphemeralStorage" in config_updates:
            self.ephemeral_storage = config_updates["EphemeralStorage"]["Size"]
        super().update_configuration(config_updates)
        self._replace_environments()
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        """Take new code; environments with the old code end."""
        before = {name: getattr(self, name, None) for name in _CODE_ATTRIBUTES}
        result: dict[str, Any] = super().update_function_code(updated_spec)
        try:
            if not validation.is_image(self):
                validation.check_code(self.code_bytes, from_s3="S3Key" in updated_spec)
        except InvalidParameterValueException:
            self.__dict__.update(before)
            raise
        self._replace_environments()
        return result

    def invoke(self, body: str | bytes, request_headers: Any, response_headers: Any) -> str | bytes:
        """Run the function for one of moto's other services, which expect its payload.

        The Lambda API itself comes through :meth:`run`.
        """
        outcome = self.run(as_bytes(body), request_id=str(uuid4()))
        if outcome.function_error:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-log-result"] = log_tail(outcome)
        return outcome.payload

    def run(
        self,
        payload: bytes,
        *,
        request_id: str,
        qualifier: str | None = None,
        client_context: str | None = None,
    ) -> Outcome:
        """Run one invocation to its end.

        :param qualifier: as the caller gave it; it is part of the ARN the function sees.
        """
        arn = f"arn:{self.partition}:lambda:{self.region}:{self.account_id}:function"
        invocation = Invocation(
            request_id=request_id,
            payload=payload or b"{}",
            function_arn=":".join(filter(None, [arn, self.function_name, qualifier])),
            client_context=client_context,
        )
        return SERVICE.invoke(self.spec(), invocation, self._reserved_concurrency())

    def spec(self) -> FunctionSpec:
        """Return what an environment of this version is made from, as of now.

        :raises NotImplementedInSandboxError: another runtime than Python's, an image, layers.
        """
        validation.check_runnable(self)
        return FunctionSpec(
            account_id=self.account_id,
            region=self.region,
            function_name=self.function_name,
            version=str(self.version),
            handler=self.handler or "",
            role=self.role,
            runtime=self.run_time or "",
            memory_megabytes=int(self.memory_size),
            timeout_seconds=int(self.timeout),
            variables=dict(self.environment_vars),
            logging=dict(self.logging_config),
            code_sha256=self.code_digest,
            code=self.code_bytes,
        )

    def _reserved_concurrency(self) -> int | None:
        # moto keeps it on the unpublished function; the published versions are copies.
        latest = self._backend().get_function(self.function_name)
        return None if latest.reserved_concurrency is None else int(latest.reserved_concurrency)

    def _replace_environments(self) -> None:
        key = (self.account_id, self.region, self.function_name, str(self.version))
        SERVICE.retire(lambda other: other == key)

    def _backend(self) -> Any:
        from moto.awslambda.utils import get_backend

        return get_backend(self.account_id, self.region)


class SandboxLambdaBackend(LambdaBackend):
    """moto's Lambda of one account and region, with environments that end when they should."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._event_configs: dict[tuple[str, str], EventInvokeConfig] = {}

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        """Create a function; a missing bucket or key is an error of the API."""
        with validation.code_errors():
            function = super().create_function(spec)
        return function

    def update_function_code(
        self, function_name: str, qualifier: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Update a function's code and publish it if asked to."""
        with validation.code_errors():
            updated: dict[str, Any] | None = super().update_function_code(
                function_name, qualifier, body
            )
        return updated

    def publish_version(self, function_name: str, description: str = "") -> LambdaFunction | None:
        """Publish a version, unless nothing has changed since the last one."""
        published = super().publish_version(function_name, description)
        # moto forgets this after the first version and would publish the same code again.
        self.get_function(function_name).code_or_config_updated = False
        return published

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Delete a function or one version of it; its environments end."""
        function = self.get_function(function_name, qualifier)
        super().delete_function(function_name, qualifier)
        key = (self.account_id, self.region_name, function.function_name, str(function.version))
        whole = str(function.version) == "$LATEST"
        if whole:
            for owner, of_qualifier in list(self._event_configs):
                if owner == function.function_name:
                    del self._event_configs[owner, of_qualifier]
        SERVICE.retire(lambda other: other == key or (whole and other[:3] == key[:3]))

    def create_alias(self, *args: Any, **kwargs: Any) -> LambdaAlias:
        """Make an alias of one version."""
        self._refuse_weights(kwargs)
        return super().create_alias(*args, **kwargs)

    def update_alias(self, *args: Any, **kwargs: Any) -> LambdaAlias:
        """Move an alias to another version."""
        self._refuse_weights(kwargs)
        return super().update_alias(*args, **kwargs)

    def _refuse_weights(self, settings: Mapping[str, Any]) -> None:
        weights = (settings.get("routing_config") or {}).get("AdditionalVersionWeights")
        if weights and self.account_id in OWN_ACCOUNT_IDS:
            raise NotImplementedError(
                "an alias leads to one version: RoutingConfig is not followed"
            )

    def put_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any]
    ) -> dict[str, Any]:
        """Replace the settings of asynchronous invocations of a function, version or alias.

        :param function_name: with the qualifier after a colon, or without; moto knows no
            qualifiers here and would keep the first settings.
        """
        validation.check_destinations(config)
        function, qualifier = self._qualified(function_name)
        arn = _qualified_arn(function, qualifier)
        settings = EventInvokeConfig(arn, function.last_modified, config)
        self._event_configs[function.function_name, qualifier] = settings
        return dict(settings.response())

    def update_function_event_invoke_config(
        self, function_name: str, config: dict[str, Any]
    ) -> dict[str, Any]:
        """Change those settings that are given."""
        function, qualifier = self._qualified(function_name)
        current = self.event_config(function.function_name, qualifier)
        return self.put_function_event_invoke_config(function_name, {**current, **config})

    def get_function_event_invoke_config(self, function_name: str) -> dict[str, Any]:
        """Return the settings of a function, version or alias."""
        function, qualifier = self._qualified(function_name)
        settings = self._event_configs.get((function.function_name, qualifier))
        if settings is None:
            raise UnknownEventConfig(_qualified_arn(function, qualifier))
        return dict(settings.response())

    def delete_function_event_invoke_config(self, function_name: str) -> None:
        """Return to the default settings."""
        self.get_function_event_invoke_config(function_name)
        function, qualifier = self._qualified(function_name)
        del self._event_configs[function.function_name, qualifier]

    def list_function_event_invoke_configs(self, function_name: str) -> dict[str, Any]:
        """Return the settings of a function, of its versions and of its aliases."""
        name = self.get_function(function_name).function_name
        configs = [one.response() for key, one in self._event_configs.items() if key[0] == name]
        return {"FunctionEventInvokeConfigs": configs}

    def event_config(self, name: str, qualifier: str | None) -> dict[str, Any]:
        """Return the settings that hold for an invocation, empty where there are none.

        Those of the qualifier that it was invoked by: an alias does not take its version's, or the
        function's. Unverified.
        """
        settings = self._event_configs.get((name, qualifier or "$LATEST"))
        return dict(settings.config) if settings is not None else {}

    def _qualified(self, name: str) -> tuple[SandboxFunction, str]:
        """Find a function by name, partial ARN or ARN, each with or without a qualifier."""
        _, _, in_arn = name.rpartition(":function:")
        plain, _, qualifier = in_arn.partition(":")
        return self.get_function(plain, qualifier or None), qualifier or "$LATEST"

    def reset(self) -> None:
        """Forget all functions; whatever runs is ended first, lest it write to the new state."""
        SERVICE.abort(lambda key: key[:2] == (self.account_id, self.region_name))
        self._event_configs.clear()
        super().reset()


def _qualified_arn(function: SandboxFunction, qualifier: str) -> str:
    arn = ":".join(function.function_arn.split(":")[:7])
    return arn if qualifier == "$LATEST" else f"{arn}:{qualifier}"


def log_tail(outcome: Outcome) -> str:
    """Return the last 4 KB of an invocation's log, as ``X-Amz-Log-Result`` carries them."""
    text = "".join(f"{line}\n" for line in outcome.log_lines).encode()
    return base64.b64encode(text[-_LOG_TAIL_BYTES:]).decode()


def as_bytes(body: str | bytes | Mapping[str, Any] | None) -> bytes:
    """Return a request's body as bytes; moto passes it as either."""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes) else b""
