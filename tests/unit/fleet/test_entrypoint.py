"""What starts every part of Airflow, in a container or natively."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from fleet.services import ENTRYPOINT

FILE = "simple_auth_manager_passwords.json.generated"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    return folder


def start(tmp_path: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "AIRFLOW_HOME": str(tmp_path),
        "FLEET_SECRETS": str(tmp_path / "secrets"),
        **variables,
    }
    return subprocess.run(
        ["sh", str(ENTRYPOINT), *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_password_is_put_where_airflow_looks_for_it_and_for_its_owner_alone(
    tmp_path: Path, secrets: Path
) -> None:
    (secrets / "admin_password").write_text("a-Password_1")

    assert start(tmp_path, "true").returncode == 0

    assert json.loads((tmp_path / FILE).read_text()) == {"admin": "a-Password_1"}
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_part_without_the_password_starts_too(tmp_path: Path, secrets: Path) -> None:
    ended = start(tmp_path, "sh", "-c", 'echo "$1"; exit 3', "_", "two words")

    assert (ended.returncode, ended.stdout) == (3, "two words\n")
    assert not (tmp_path / FILE).exists()


def test_sandbox_is_found_by_its_name_where_it_is_there(tmp_path: Path, secrets: Path) -> None:
    exports = tmp_path / "sandbox.env"
    exports.write_text("export AWS_ENDPOINT_URL='http://127.0.0.1:4566'\nexport OTHER='1'\n")
    show = ("sh", "-c", 'echo "${AWS_ENDPOINT_URL:-} ${OTHER:-}"')
    url = {"SANDBOX_URL": "http://sandbox:4566"}

    found = start(tmp_path, *show, SANDBOX_EXPORTS=str(exports), **url)
    alone = start(tmp_path, *show, SANDBOX_EXPORTS=str(exports))
    absent = start(tmp_path, *show, SANDBOX_EXPORTS=str(tmp_path / "none"), **url)

    assert found.stdout == "http://sandbox:4566 1\n"
    assert alone.stdout == "http://127.0.0.1:4566 1\n"
    assert absent.stdout == " \n"
