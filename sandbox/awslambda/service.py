"""The running side of Lambda: one import root, unpacked code, environments, retries."""

import atexit
import io
import logging
import platform
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from threading import RLock

from sandbox.awslambda import telemetry
from sandbox.awslambda.environment import Environment
from sandbox.awslambda.errors import NotImplementedInSandboxError, TooManyRequestsError
from sandbox.awslambda.import_root import ImportRoot, build_import_root
from sandbox.awslambda.invocation import FunctionSpec, Invocation, Outcome
from sandbox.awslambda.pools import Key, Pools
from sandbox.temporary import make_directory, remove_directory

_LOGGER = logging.getLogger(__name__)


class LambdaService:
    """Everything of Lambda that moto has no room for: processes and files.

    The workspace, a temporary directory, is made on first use and removed by :meth:`close`.
    """

    def __init__(self) -> None:
        self.endpoint_url: str | None = None
        self._lock = RLock()
        self._files: tuple[Path, ImportRoot] | None = None
        self._runtimes_told: set[str] = set()
        self._pools = Pools(self._start)
        atexit.register(self.close)

    def invoke(self, spec: FunctionSpec, invocation: Invocation, reserved: int | None) -> Outcome:
        """Run an invocation in a real process, with its logs and metrics in CloudWatch.

        :param reserved: the function's reserved concurrency, or None.
        :raises TooManyRequestsError: no room, see :meth:`Pools.invoke`.
        """
        self._tell_versions(spec.runtime)
        try:
            outcome = self._pools.invoke(spec, invocation, reserved)
        except TooManyRequestsError:
            telemetry.count_throttle(spec)
            raise
        telemetry.count_invocation(
            spec, failed=outcome.function_error, duration_milliseconds=outcome.duration_milliseconds
        )
        return outcome

    def retire(self, matches: Callable[[Key], bool]) -> None:
        """Replace matching environments: after an update, a deletion."""
        self._pools.retire(matches)

    def abort(self, matches: Callable[[Key], bool]) -> None:
        """End matching environments at once, whatever they are doing."""
        self._pools.abort(matches)

    def close(self) -> None:
        """End all environments and remove all files. The service can be used again."""
        self.abort(lambda key: True)
        with self._lock:
            if self._files is not None:
                remove_directory(self._files[0])
            self._files = None

    def _start(self, spec: FunctionSpec) -> Environment:
        if self.endpoint_url is None:
            raise NotImplementedInSandboxError(
                "functions do not know the sandbox's address: call "
                "sandbox.awslambda.configure(endpoint_url) before the first invocation"
            )
        with self._lock:
            if self._files is None:
                directory = make_directory("sandbox-lambda-")
                self._files = directory, build_import_root(directory)
            workspace, root = self._files
            task_root = self._unpack(spec, workspace)
        return Environment(
            spec,
            root=root,
            task_root=task_root,
            endpoint_url=self.endpoint_url,
            workspace=workspace,
            sink=telemetry.write_logs,
        )

    def _unpack(self, spec: FunctionSpec, workspace: Path) -> Path:
        """Unpack a function's code once; environments of the same code share it, as read only."""
        task_root = workspace / "task" / spec.code_sha256
        if not task_root.exists():
            partial = Path(mkdtemp(prefix="unpack-", dir=workspace))
            with zipfile.ZipFile(io.BytesIO(spec.code)) as archive:
                archive.extractall(partial)
            task_root.parent.mkdir(exist_ok=True)
            partial.rename(task_root)
        return task_root

    def _tell_versions(self, runtime: str) -> None:
        if runtime not in self._runtimes_told:
            self._runtimes_told.add(runtime)
            _LOGGER.warning(
                "Functions with runtime %s run on this machine's Python %s (%s)",
                runtime,
                platform.python_version(),
                sys.platform,
            )


SERVICE = LambdaService()
