"""One execution environment: a process, its Runtime API and its log stream."""

import platform
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from threading import Event, Lock
from time import monotonic

from sandbox.awslambda import payloads
from sandbox.awslambda.import_root import ImportRoot
from sandbox.awslambda.invocation import Ending, FunctionSpec, Invocation, Outcome
from sandbox.awslambda.log_pipes import LogEvent, LogPipes, now_milliseconds
from sandbox.awslambda.memory import peak_megabytes, resident_megabytes
from sandbox.awslambda.process import FunctionProcess, environment_variables, log_stream_name
from sandbox.awslambda.runtime_api import RuntimeApi
from sandbox.clock import CLOCK, Stopwatch

# Lambda allows the init phase 10 seconds and then starts it anew inside the invocation.
INIT_TIMEOUT_SECONDS = 10.0
LIFETIME = timedelta(hours=11)
"""By the sandbox's clock; the credentials in a process's environment end an hour later."""
_POLL_SECONDS = 0.01

LogSink = Callable[[FunctionSpec, str, list[LogEvent]], None]


class Environment:
    """Runs invocations of one function version, one after the other, until it is killed.

    :param sink: receives the log events with the spec and the stream's name.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        *,
        root: ImportRoot,
        task_root: Path,
        endpoint_url: str,
        workspace: Path,
        sink: LogSink,
    ) -> None:
        self.spec = spec
        self.dead = False
        self.idle_since = monotonic()
        self._fresh_until = CLOCK.now() + LIFETIME
        self._sink: LogSink | None = sink
        self._lines: list[str] = []
        self._kill_lock = Lock()
        self._log_stream = log_stream_name(spec.version)
        self._scratch = Path(mkdtemp(prefix="scratch-", dir=workspace))
        self._log(f"INIT_START Runtime Version: python:{platform.python_version()}")
        self._init_watch = Stopwatch()
        self._init_reported = False
        self._memory_megabytes = 0
        self._api = RuntimeApi()
        self._pipes = LogPipes(self._take)
        self._process = FunctionProcess(
            spec,
            root=root,
            task_root=task_root,
            pipes=self._pipes,
            clock_file=Path(f"{self._scratch}.clock"),
            variables=environment_variables(
                spec,
                log_stream=self._log_stream,
                runtime_api=self._api.address,
                endpoint_url=endpoint_url,
                scratch=self._scratch,
            ),
        )

    @property
    def usable(self) -> bool:
        """Whether another invocation can go in."""
        is_fresh = CLOCK.now() < self._fresh_until
        return is_fresh and not self.dead and self._process.exit_status() is None

    def invoke(self, invocation: Invocation) -> Outcome:
        """Run one invocation to its end; the environment is dead afterwards if the process is."""
        init_milliseconds = None
        ending, watch = Ending.ANSWERED, Stopwatch()
        if not self._init_reported:
            ending = self._wait_for_init()
            init_milliseconds, watch = self._init_watch.seconds * 1000, Stopwatch()
            self._init_reported = True
        self._log(f"START RequestId: {invocation.request_id} Version: {self.spec.version}")
        if ending is Ending.ANSWERED and self._api.polled.is_set():
            deadline = now_milliseconds() + self.spec.timeout_seconds * 1000
            self._process.tell_the_time()
            self._api.dispatch(invocation, deadline)
            ending = self._wait(self._api.answered, watch, self.spec.timeout_seconds)
        duration = watch.seconds * 1000
        return self._finish(invocation, ending, duration, init_milliseconds)

    def silence(self) -> None:
        """Drop what the process writes from now on: what it belonged to is gone."""
        self._sink = None

    def kill(self) -> None:
        """End the process and remove its files; may be called twice, from any thread."""
        with self._kill_lock:
            if self.dead:
                return
            self.dead = True
            self._process.kill()
            self._pipes.join()
            self._api.close()
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _wait_for_init(self) -> Ending:
        limit_seconds = INIT_TIMEOUT_SECONDS + self.spec.timeout_seconds
        return self._wait(
            self._api.polled, self._init_watch, limit_seconds, also=self._api.answered
        )

    def _wait(
        self, event: Event, watch: Stopwatch, limit_seconds: float, also: Event | None = None
    ) -> Ending:
        while not event.wait(_POLL_SECONDS):
            if also is not None and also.is_set():
                break
            if self._process.exit_status() is not None and not event.is_set():
                return Ending.EXITED
            self._memory_megabytes = max(
                self._memory_megabytes, resident_megabytes(self._process.pid)
            )
            if self._memory_megabytes > self.spec.memory_megabytes:
                return Ending.OUT_OF_MEMORY
            if watch.seconds > limit_seconds:
                return Ending.TIMED_OUT
        return Ending.ANSWERED

    def _finish(
        self,
        invocation: Invocation,
        ending: Ending,
        duration: float,
        init_milliseconds: float | None,
    ) -> Outcome:
        # A process that has ended can no longer be asked for its peak.
        memory = max(self._memory_megabytes, peak_megabytes(self._process.pid))
        payload, failed = self._result(invocation, ending)
        request_id = invocation.request_id
        if ending is Ending.TIMED_OUT:
            stamp = CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
            self._log(f"{stamp} {request_id} {payloads.timeout_reason(self.spec)}")
        self._log(f"END RequestId: {request_id}")
        self._log(
            payloads.report_line(
                request_id,
                self.spec,
                duration_milliseconds=duration,
                memory_used_megabytes=min(memory, self.spec.memory_megabytes),
                init_milliseconds=init_milliseconds,
                status=_status(ending),
            )
        )
        lines, self._lines = tuple(self._lines), []
        self.idle_since = monotonic()
        return Outcome(payload, failed, duration, lines)

    def _result(self, invocation: Invocation, ending: Ending) -> tuple[bytes, bool]:
        """Return the payload and whether it is an error, with all that was logged on the way."""
        reply = self._api.reply
        if ending is not Ending.ANSWERED or reply is None:
            exit_status = self._process.exit_status()
            self.kill()
            payload = payloads.ending_payload(ending, invocation.request_id, self.spec, exit_status)
            return payload, True
        if not self._api.polled.is_set():
            self.kill()  # The init phase failed; the next invocation starts anew.
        self._pipes.drain(flush=True)
        if len(reply.payload) > payloads.MAXIMUM_RESPONSE_BYTES:
            return payloads.response_too_large(), True
        return reply.payload, reply.is_error

    def _log(self, message: str) -> None:
        self._take([LogEvent(now_milliseconds(), message)])

    def _take(self, events: list[LogEvent]) -> None:
        self._lines += [event.message for event in events]
        if self._sink is not None:
            self._sink(self.spec, self._log_stream, events)


def _status(ending: Ending) -> str | None:
    if ending is Ending.ANSWERED:
        return None
    return "timeout" if ending is Ending.TIMED_OUT else "error"
