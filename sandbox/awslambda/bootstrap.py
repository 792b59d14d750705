"""First thing that runs in a function's process: started by path, never imported.

The sandbox starts it with ``python -I -S``, so nothing but the standard library is importable
until the paths of the settings are set, and hands over one JSON argument:

``paths``       what follows the standard library's own entries: the runtime's import root
``task_root``   the function's code, first on ``sys.path`` as on Lambda
``handler``     the function's handler
``lifeline``    read end of a pipe that the sandbox holds open as long as it lives
``clock``       ``{"root", "offset_seconds", "frozen_at"}`` or null for the machine's time
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


def follow_the_clock(clock: dict[str, Any]) -> None:
    """Shift or stop ``time.time()``, ``datetime.now()`` and their like; monotonic clocks stay.

    The function can then import ``time_machine``, which it could not on AWS: the patched clock
    looks its module up at every call, so it has to stay in ``sys.modules``.
    """
    sys.path.insert(0, clock["root"])
    import time_machine

    if clock["frozen_at"] is not None:
        time_machine.travel(clock["frozen_at"], tick=False).start()
    else:
        offset = clock["offset_seconds"]
        traveller = time_machine.travel(time.time() + offset, tick=True).start()
        # Some milliseconds have passed between the two clocks' readings.
        traveller.shift(time_machine.escape_hatch.time.time() + offset - time.time())
    sys.path.remove(clock["root"])


def main() -> None:
    """Prepare the process as the settings say, then hand over to the official runtime client."""
    settings = json.loads(sys.argv[1])
    end_with_the_sandbox(settings["lifeline"])
    if settings["clock"] is not None:
        follow_the_clock(settings["clock"])
    sys.path[:] = [settings["task_root"], *sys.path, *settings["paths"]]
    sys.argv = [sys.argv[0], settings["handler"]]
    from awslambdaric.__main__ import main as run_runtime_client

    run_runtime_client(sys.argv)


if __name__ == "__main__":
    main()
