"""Reading what the sandbox exports."""

import shlex
from pathlib import Path

import pytest

from demo.sandbox import read_exports


def test_read_exports_reads_what_a_shell_would(tmp_path: Path):
    connection = '{"conn_type": "aws", "extra": {"note": "it\'s a = sign"}}'
    file = tmp_path / "sandbox.env"
    file.write_text(
        f"# exports\nexport AWS_ENDPOINT_URL='http://127.0.0.1:1'\n\n"
        f"export AIRFLOW_CONN_AWS_SOURCE={shlex.quote(connection)}\n"
    )
    assert read_exports(file) == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AIRFLOW_CONN_AWS_SOURCE": connection,
    }


@pytest.mark.parametrize("line", ["rm -rf x", "export NAME", "NAME=value", "export A=1 B=2"])
def test_read_exports_refuses_anything_else(tmp_path: Path, line: str):
    file = tmp_path / "sandbox.env"
    file.write_text(f"{line}\n")
    with pytest.raises(ValueError, match="not an export of one variable"):
        read_exports(file)
