"""``python -m costs`` reads the account's own sizes, changes nothing, and asks for prices."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from costs.__main__ import main

SOURCE = "164543933824"


def plant(sandbox: Any, count: int) -> None:
    now = datetime.now(UTC)
    rows = [
        {
            "account_id": SOURCE,
            "cluster_identifier": "aca-redshift-cluster",
            "snapshot_identifier": f"by-hand-{number}",
            "create_time": (now - timedelta(days=number)).isoformat(),
            "status": "failed" if number == 0 else "available",
        }
        for number in range(count)
    ]
    sandbox.control("POST", "snapshots", rows)


def test_the_bill_of_an_account_is_read_and_nothing_is_changed(
    sandbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(sandbox, 4)
    sandbox.control("DELETE", "calls")
    words = ["--profile", "source", "--snapshot-gb-month", "0.03", "--kept", "30"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "aca-redshift-cluster: 3 manual snapshots now, 0 of ours" in shown
    assert "aca-redshift-cluster: 30 once the retention is reached" in shown
    assert "no price is given" in shown
    operations = {call["operation"] for call in sandbox.control("GET", "calls")}
    assert operations == {"DescribeClusterSnapshots"}


def test_more_than_one_page_is_read(sandbox: Any, capsys: pytest.CaptureFixture[str]) -> None:
    plant(sandbox, 150)
    assert main(["--profile", "source"]) == 0
    assert "149 manual snapshots now" in capsys.readouterr().out


def test_an_empty_account_has_no_snapshots_to_pay(
    sandbox: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--profile", "target", "--alarms", "9", "--alarm-month", "0.5"]) == 0
    shown = capsys.readouterr().out
    assert "manual snapshots" not in shown
    assert "4.50" in shown


@pytest.mark.parametrize("price", ["-1", "nan", "1e3", "free"])
def test_a_price_is_a_plain_number(price: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--snapshot-gb-month", price])
    assert "--snapshot-gb-month" in capsys.readouterr().err


def test_an_account_that_cannot_be_read_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile", "nobody", "--region", "us-east-1"]) == 2
    assert "the snapshots were not read" in capsys.readouterr().err
