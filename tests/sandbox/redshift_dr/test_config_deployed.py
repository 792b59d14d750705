"""``check --deployed`` against the function as the deployment script leaves it."""

from pathlib import Path
from typing import Any

import pytest

from redshift_dr.config.__main__ import main

SHIPPED = Path(__file__).parents[3] / "include" / "clusters.yaml"


@pytest.mark.parametrize("way", [[], ["--profile", "source"]])
def test_shipped_configuration_is_what_is_deployed(
    playground: Any, capsys: pytest.CaptureFixture[str], way: list[str]
) -> None:
    assert main(["check", str(SHIPPED), "--deployed", *way]) == 0, capsys.readouterr().err


def test_each_difference_is_told_and_a_function_that_is_not_there(
    playground: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text(
        SHIPPED.read_text(encoding="utf-8")
        .replace("aca-redshift-cluster: {}", "orders: {function_name: absent}")
        .replace("retention_days: 7 ", "retention_days: 3 ")
        + "  aca-redshift-cluster: {schedule: '@weekly'}\n",
        encoding="utf-8",
    )

    assert main(["check", str(path), "--deployed", "--profile", "source"]) == 2

    told = capsys.readouterr().err
    assert "cluster aca-redshift-cluster: retention_days is 3, MINIMUM_RETENTION_DAYS is " in told
    assert "cluster aca-redshift-cluster: schedule @weekly leaves 168 hours" in told
    assert "absent: ResourceNotFoundException" in told
