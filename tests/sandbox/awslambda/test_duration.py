"""How long an invocation lasts: real seconds, and those that the clock let pass meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from sandbox.clock import CLOCK
from tests.sandbox.awslambda.conftest import Deploy, Function

WAITS = "import time\ndef handler(event, context):\n    print('begun')\n    time.sleep(3)\n"


def test_an_invocation_lasts_as_long_as_the_clock_is_advanced_meanwhile(deploy: Deploy) -> None:
    function = deploy(WAITS, Timeout=900)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(function.call)
        _wait_for_line(function, "begun")
        CLOCK.advance(850)
        assert "FunctionError" not in answer.result()
    report = next(line for line in function.messages() if line.startswith("REPORT"))
    assert 850_000 < float(report.split("Duration: ")[1].split()[0]) < 900_000


def test_a_timeout_comes_when_the_clock_is_advanced_past_it(deploy: Deploy) -> None:
    function = deploy(WAITS, Timeout=900)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(function.error)
        _wait_for_line(function, "begun")
        CLOCK.advance(901)
        assert answer.result()["errorType"] == "Sandbox.Timedout"


def _wait_for_line(function: Function, text: str) -> None:
    for _ in range(2_000):
        with suppress(function.client("logs").exceptions.ResourceNotFoundException):
            if any(text in line for line in function.messages()):
                return
    raise AssertionError(f"{text} was not logged")
