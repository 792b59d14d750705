"""The function's process is killed at every call, before it is sent and after the reply."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tests.sweep import invariants
from tests.sweep.cases import Result, end, prepare, request_id
from tests.sweep.invariants import Reference
from tests.sweep.scenarios import Scenario
from tests.sweep.world import CHUNK, GRANTED_SECONDS, World

KIND = "kill"
MOMENTS = ("before-send", "response-received")


class Mortals:
    """A warm process without threads, which forks one that is killed for each case."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sweep.mortal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def invoke(self, order: dict[str, Any]) -> int:
        """Invoke the function in a process of its own; returns the status it ended with."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def kill_cases(
    world: World, mortals: Mortals, scenario: Scenario, reference: Reference
) -> Iterator[Result]:
    """Kill at every call of a scenario."""
    for number in range(1, len(reference.calls) + 1):
        for moment in MOMENTS:
            yield _kill_case(world, mortals, scenario, reference, number, moment)


def _kill_case(
    world: World,
    mortals: Mortals,
    scenario: Scenario,
    reference: Reference,
    number: int,
    moment: str,
) -> Result:
    prepare(world, scenario)
    status = mortals.invoke(
        {
            "event": scenario.event,
            "environment": dict(world.environment),
            "profile": world.profile,
            "caller": asdict(world.caller(request_id(scenario, 0))),
            "seconds": GRANTED_SECONDS,
            "now": world.now().isoformat(),
            "url": world.server.url,
            "number": number,
            "moment": moment,
            "chunk": CHUNK,
        }
    )
    broken = [] if status == -signal.SIGKILL else [f"the kill did not happen: status {status}"]
    broken += invariants.of_state(scenario, reference, world.state())
    broken += end(world, scenario, reference, 1)
    service, operation = reference.calls[number - 1]
    label = f"{scenario.name}: killed at {moment} of call {number} ({service}:{operation})"
    return Result(scenario.action, KIND, label, 2, tuple(dict.fromkeys(broken)))
