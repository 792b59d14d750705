"""Time passes by a thread only while there is something to come."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

_PROGRAM = """
import json, threading
from sandbox.server import Sandbox

def names():
    return sorted(
        thread.name for thread in threading.enumerate() if thread is not threading.main_thread()
    )

sandbox = Sandbox(bare=True).start()
idle = names()
sandbox.client("cloudwatch").put_metric_alarm(
    AlarmName="a", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
    EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", Threshold=1,
)
busy = names()
sandbox.stop()
print(json.dumps([idle, busy, names()]))
"""


@pytest.mark.slow
def test_no_thread_runs_while_nothing_is_scheduled_and_none_survives_the_end() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )

    idle, busy, after = json.loads(done.stdout)
    assert "sandbox-timeline" not in idle
    assert "sandbox-timeline" in busy
    assert after == []
