"""The operating system's side of an environment: one process that runs a function's zip."""

import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from sandbox.awslambda.credentials import role_credentials
from sandbox.awslambda.import_root import ImportRoot
from sandbox.awslambda.invocation import FunctionSpec
from sandbox.awslambda.log_pipes import LogPipes
from sandbox.clock import CLOCK

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


def log_stream_name(version: str) -> str:
    """Return the name of a new environment's log stream, dated by the sandbox's clock."""
    return f"{CLOCK.now():%Y/%m/%d}/[{version}]{secrets.token_hex(16)}"


def environment_variables(
    spec: FunctionSpec, *, log_stream: str, runtime_api: str, endpoint_url: str, scratch: Path
) -> dict[str, str]:
    """Return a function's whole environment: nothing of the sandbox's own gets in.

    The endpoint comes after the configured variables, so that no function reaches out.
    """
    access_key_id, secret_access_key, session_token = role_credentials(spec)
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TMPDIR": str(scratch),
        **spec.variables,
        "_HANDLER": spec.handler,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_SESSION_TOKEN": session_token,
        "AWS_REGION": spec.region,
        "AWS_DEFAULT_REGION": spec.region,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{spec.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": spec.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": spec.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_megabytes),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        **_log_variables(spec),
    }


def _log_variables(spec: FunctionSpec) -> dict[str, str]:
    if spec.logging.get("LogFormat") != "JSON":
        return {}
    return {
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": spec.logging.get("ApplicationLogLevel", "INFO"),
    }


class FunctionProcess:
    """A running ``awslambdaric`` in its own process group, with a lifeline to the sandbox."""

    def __init__(
        self,
        spec: FunctionSpec,
        *,
        root: ImportRoot,
        task_root: Path,
        variables: dict[str, str],
        pipes: LogPipes,
        clock_file: Path,
    ) -> None:
        self._clock_file = clock_file
        self.tell_the_time()
        lifeline, self._lifeline = os.pipe()
        settings = {
            "task_root": str(task_root),
            "paths": [str(root.runtime)],
            "handler": spec.handler,
            "lifeline": lifeline,
            "clock": {"file": str(clock_file), "root": str(root.clock)},
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", str(_BOOTSTRAP), json.dumps(settings)],
            cwd=task_root,
            env=variables
            | {
                "LAMBDA_TASK_ROOT": str(task_root),
                "LAMBDA_RUNTIME_DIR": str(root.runtime),
                "_LAMBDA_TELEMETRY_LOG_FD": str(pipes.frames_end),
            },
            stdin=subprocess.DEVNULL,
            stdout=pipes.output_end,
            stderr=pipes.output_end,
            pass_fds=(lifeline, pipes.frames_end),
            start_new_session=True,
        )
        os.close(lifeline)
        pipes.start()

    @property
    def pid(self) -> int:
        """The process's id, which is its group's too."""
        return self._process.pid

    def tell_the_time(self) -> None:
        """Write down what the process takes for the time from its next invocation on."""
        self._clock_file.write_text(json.dumps(_clock_setting()), encoding="ascii")

    def exit_status(self) -> int | None:
        """Return the exit status, negative for a signal, or None while the process runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End the process with everything it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._lifeline)
        self._clock_file.unlink(missing_ok=True)


def _clock_setting() -> dict[str, float] | None:
    frozen_at = CLOCK.frozen_at
    if frozen_at is not None:
        return {"frozen_at": frozen_at.timestamp()}
    return {"offset_seconds": CLOCK.offset_seconds} if CLOCK.offset_seconds else None
