"""What a function's process writes, as log events: printed lines and framed log records."""

import os
import selectors
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock, Thread

from sandbox.clock import CLOCK

FRAME_HEADER_BYTES = 16
_READ_BYTES = 65_536


@dataclass(frozen=True)
class LogEvent:
    """One event of a log stream; the time is in the sandbox's clock."""

    timestamp_milliseconds: int
    message: str


def now_milliseconds() -> int:
    """Return the sandbox's time in milliseconds since the epoch."""
    return int(CLOCK.now().timestamp() * 1000)


def split_frames(data: bytes) -> tuple[list[LogEvent], bytes]:
    """Cut framed log records out of ``data``; return them and the unfinished rest.

    A frame is type (4 bytes), length (4), time in microseconds (8) and message, big-endian.
    Source: ``FramedTelemetryLogSink`` of awslambdaric 4.2.2.
    """
    events = []
    while len(data) >= FRAME_HEADER_BYTES:
        end = FRAME_HEADER_BYTES + int.from_bytes(data[4:8], "big")
        if len(data) < end:
            break
        microseconds = int.from_bytes(data[8:16], "big")
        message = data[FRAME_HEADER_BYTES:end].decode("utf-8", "replace")
        events.append(LogEvent(microseconds // 1000, message.rstrip("\n")))
        data = data[end:]
    return events, data


def split_lines(data: bytes, timestamp_milliseconds: int) -> tuple[list[LogEvent], bytes]:
    """Cut complete printed lines out of ``data``; return them and the unfinished rest."""
    *lines, rest = data.split(b"\n")
    texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
    return [LogEvent(timestamp_milliseconds, text) for text in texts if text], rest


class LogPipes:
    """The read ends of a process's output and telemetry pipes.

    :param emit: called with new events, in the order of their arrival, never concurrently.
    """

    def __init__(self, emit: Callable[[list[LogEvent]], None]) -> None:
        self._emit = emit
        self._lock = RLock()
        self._output, self.output_end = os.pipe()
        self._frames, self.frames_end = os.pipe()
        self._rest = {self._output: b"", self._frames: b""}
        self._at_end: set[int] = set()
        for descriptor in self._rest:
            os.set_blocking(descriptor, False)
        self._thread = Thread(target=self._read, name="lambda-logs", daemon=True)

    def start(self) -> None:
        """Begin to read; to be called once the process holds the write ends."""
        os.close(self.output_end)
        os.close(self.frames_end)
        self._thread.start()

    def drain(self, *, flush: bool = False) -> None:
        """Emit all that the process has written so far.

        :param flush: also the last line, although it has no newline yet.
        """
        with self._lock:
            if not self._rest:
                return  # Closed already.
            events = self._take(self._frames, split_frames)
            events += self._take(self._output, lambda data: split_lines(data, now_milliseconds()))
            rest = self._rest[self._output]
            if flush and rest:
                events += split_lines(rest + b"\n", now_milliseconds())[0]
                self._rest[self._output] = b""
            if events:
                self._emit(events)

    def join(self) -> None:
        """Wait for the end of the process's output and close the pipes."""
        self._thread.join(timeout=5)
        self.drain(flush=True)
        with self._lock:
            for descriptor in self._rest:
                os.close(descriptor)
            self._rest = {}

    def _take(
        self, descriptor: int, split: Callable[[bytes], tuple[list[LogEvent], bytes]]
    ) -> list[LogEvent]:
        data = self._rest[descriptor]
        while descriptor not in self._at_end:
            try:
                chunk = os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                break
            if not chunk:
                self._at_end.add(descriptor)
            data += chunk
        events, self._rest[descriptor] = split(data)
        return events

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            waiting = {self._output, self._frames}
            for descriptor in waiting:
                selector.register(descriptor, selectors.EVENT_READ)
            while waiting:
                selector.select()
                self.drain()
                for descriptor in waiting & self._at_end:
                    selector.unregister(descriptor)
                waiting -= self._at_end
