"""A process that forks one function for each line it reads, and tells how each of them ended."""

import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from unittest.mock import patch
from urllib.request import ProxyHandler, Request, build_opener

from botocore.session import Session

from redshift_backup import aws, handler
from redshift_backup.actions import prune
from redshift_backup.budget import Budget
from redshift_backup.caller import Caller
from redshift_backup.errors import BackupError
from redshift_backup.telemetry import logger

SERVICES = ("redshift", "kms", "s3")


def main() -> None:
    """Fork for each order on standard input; one thread only, so that a fork is whole."""
    answers = sys.stdout
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        _serve(answers)


def _serve(answers: TextIO) -> None:
    logger.setLevel("CRITICAL")
    # What most orders need is there before the fork.
    for service in SERVICES:
        aws.client(service)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(order)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _live(order: Mapping[str, Any]) -> None:
    if order["profile"] == os.environ["AWS_PROFILE"]:
        _invoke(order)
        return
    with aws.using(Session(profile=order["profile"])):
        _invoke(order)


def _invoke(order: Mapping[str, Any]) -> None:
    count = 0

    def kill_at_the_number(**_: object) -> None:
        nonlocal count
        count += 1
        if count == order["number"]:
            os.kill(os.getpid(), signal.SIGKILL)

    for service in SERVICES:
        aws.client(service).meta.events.register(order["moment"], kill_at_the_number)
    now = datetime.fromisoformat(order["now"])
    budget = partial(Budget, sleep=partial(_advance, order["url"]), monotonic=lambda: 0.0)
    with (
        suppress(BackupError),
        patch.object(handler, "Budget", budget),
        patch.object(prune, "BATCH_DELETE_LIMIT", order["chunk"]),
        patch.object(prune, "_LOOK_IS_OLD_AFTER_SECONDS", 0.0),
    ):
        caller = Caller(**order["caller"])
        handler.answer(order["event"], order["environment"], caller, order["seconds"], now=now)


def _advance(url: str, seconds: float) -> None:
    body = json.dumps({"advance_seconds": seconds}).encode()
    headers = {"Content-Type": "application/json"}
    build_opener(ProxyHandler({})).open(Request(f"{url}/_sandbox/clock", body, headers)).close()


if __name__ == "__main__":
    main()
