"""Messages stay readable and within Lambda's limit, however much fails."""

from redshift_backup.errors import PartialFailureError


def test_one_reason_for_many_is_told_once() -> None:
    error = PartialFailureError(done=3, failed=dict.fromkeys(("a", "b"), "BatchDelete failed"))

    assert str(error).startswith("2 of 5 steps failed, the others are done: a, b: BatchDelete")
    assert str(error).count("BatchDelete failed") == 1


def test_500_failures_of_one_reason_name_twenty_and_the_count() -> None:
    error = PartialFailureError(done=0, failed={f"s-{one}": "the same" for one in range(500)})

    assert "s-19 and 480 more: the same" in str(error)
    assert "s-20" not in str(error)
    assert len(error.failed) == 500


def test_500_failures_of_500_reasons_stay_short() -> None:
    failed = {f"s-{one}": f"reason {one} " + "x" * 5000 for one in range(500)}
    message = str(PartialFailureError(done=0, failed=failed))

    assert "and 480 more" in message
    assert len(message) < 32_000
