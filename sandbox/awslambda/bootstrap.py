"""First thing that runs in a function's process: started by path, never imported.

The sandbox starts it with ``python -I -S``, so nothing but the standard library is importable
until the paths of the settings are set, and hands over one JSON argument:

``paths``       what follows the standard library's own entries: the runtime's import root
``task_root``   the function's code, first on ``sys.path`` as on Lambda
``handler``     the function's handler
``lifeline``    read end of a pipe that the sandbox holds open as long as it lives
``clock``       ``{"file", "root"}``: what the time is, and where ``time_machine`` is found
"""

import _thread
import json
import os
import signal
import sys
import time
from typing import Any


def end_with_the_sandbox(lifeline: int) -> None:
    """Kill this process's group once the sandbox has gone, however it went.

    A pipe, and not Linux' parent-death signal: that one fires when the *thread* ends which
    started the process, and the sandbox starts it in the thread of one request.
    """

    def wait_for_the_end() -> None:
        os.read(lifeline, 1)
        os.killpg(0, signal.SIGKILL)

    os.set_inheritable(lifeline, False)
    _thread.start_new_thread(wait_for_the_end, ())


class Clock:
    """Shifts or stops ``time.time()``, ``datetime.now()`` and their like; monotonic clocks stay.

    The sandbox says how in a file: ``null`` for the machine's time, else ``{"offset_seconds"}`` or
    ``{"frozen_at"}``. It writes the file before it hands an invocation over.

    The function can then import ``time_machine``, which it could not on AWS: the patched clock
    looks its module up at every call, so it has to stay in ``sys.modules``.
    """

    def __init__(self, file: str, root: str) -> None:
        self._file = file
        self._root = root
        self._text = "null"
        self._travel: Any = None
        self._coordinates: Any = None

    def follow(self) -> None:
        """Let the time be what the file says."""
        with open(self._file, encoding="ascii") as opened:
            text = opened.read()
        if text == self._text:
            return
        self._text = text
        setting = json.loads(text)
        if setting is None:
            self._travel.stop()
            self._travel = None
        elif "frozen_at" in setting:
            self._move(setting["frozen_at"], tick=False)
        else:
            self._shift(setting["offset_seconds"])

    def _shift(self, seconds: float) -> None:
        self._move(time.time(), tick=True)
        # From the machine's clock, read again: some milliseconds have passed.
        from time_machine import escape_hatch

        self._coordinates.shift(escape_hatch.time.time() + seconds - time.time())

    def _move(self, instant: float, *, tick: bool) -> None:
        if self._travel is not None:
            self._coordinates.move_to(instant, tick)
            return
        sys.path.insert(0, self._root)
        import time_machine

        sys.path.remove(self._root)
        self._travel = time_machine.travel(instant, tick=tick)
        self._coordinates = self._travel.start()


def follow_with_each_invocation(clock: Clock) -> None:
    """Look at the clock whenever the runtime client has got an invocation."""
    from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient

    wait = BaseLambdaRuntimeClient.wait_next_invocation

    def wait_next_invocation(client: Any) -> Any:
        request = wait(client)
        clock.follow()
        return request

    BaseLambdaRuntimeClient.wait_next_invocation = wait_next_invocation


def main() -> None:
    """Prepare the process as the settings say, then hand over to the official runtime client."""
    settings = json.loads(sys.argv[1])
    end_with_the_sandbox(settings["lifeline"])
    clock = Clock(**settings["clock"])
    clock.follow()
    sys.path[:] = [settings["task_root"], *sys.path, *settings["paths"]]
    sys.argv = [sys.argv[0], settings["handler"]]
    follow_with_each_invocation(clock)
    from awslambdaric.__main__ import main as run_runtime_client

    run_runtime_client(sys.argv)


if __name__ == "__main__":
    main()
