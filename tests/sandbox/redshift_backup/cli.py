"""The command line in this process, and an account in which all is in order."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from botocore.session import Session, get_session

from redshift_backup.cli import session as cli_session
from redshift_backup.cli.main import main
from tests.sandbox.redshift_backup.conftest import CLUSTER, TARGET, Shelf, ours

FUNCTION = "aca-redshift-backup"
SETTINGS = {"CLUSTER_IDENTIFIER": CLUSTER, "TARGET_ACCOUNT_ID": TARGET, "RETENTION_DAYS": "7"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self, status: str) -> dict[str, str]:
        """The lines of ``check`` with this status, by the name of their check."""
        pairs = (line.partition(": ") for line in self.out.splitlines())
        return {name: rest for name, _, rest in pairs if rest.startswith(f"{status}  ")}


@cache
def _loader() -> Any:
    return get_session().get_component("data_loader")


def _session_with_models() -> Session:
    # Reading the models of five services anew would cost each command more than its work does.
    session = get_session()
    session.register_component("data_loader", _loader())
    return session


class Cli:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> Ended:
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cli_session, "get_session", _session_with_models)
            code = main(words)
        captured = self._capsys.readouterr()
        return Ended(code, captured.out, captured.err)


def deploy_function(shelf: Shelf, **variables: str) -> None:
    """Deploy a function of our name; nobody invokes it, so its code does not matter."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def lambda_handler(event, context):\n    return event\n")
    role = shelf.client("iam").create_role(
        RoleName="aca-redshift-backup-function",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )
    shelf.client("lambda").create_function(
        FunctionName=FUNCTION,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="handler.lambda_handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=900,
        Environment={"Variables": SETTINGS | variables},
    )


def fill(shelf: Shelf, *days: float) -> list[str]:
    """Plant good snapshots of these ages; returns their identifiers."""
    rows = [ours(timedelta(days=one, hours=1)) for one in days]
    shelf.plant(rows)
    return [str(row["snapshot_identifier"]) for row in rows]
