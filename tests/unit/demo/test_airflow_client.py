"""What is shown of a failed task's log."""

from demo.airflow_client import log_text


def test_log_text_shows_what_went_wrong_and_leaves_the_noise_out():
    events = [
        {"event": "::group::Log message source details", "sources": ["attempt=1.log"]},
        {"event": "attempt=1.log", "timestamp": None},
        {"event": "::endgroup::", "timestamp": "2026-03-15T12:00:00Z", "level": "info"},
        {
            "event": "snapshot s is creating",
            "timestamp": "2026-03-15T12:00:01Z",
            "level": "info",
            "ti_id": "01",
            "try_number": 1,
        },
        {
            "event": "Task failed with exception",
            "timestamp": "2026-03-15T12:00:02Z",
            "level": "error",
            "error_detail": [{"exc_type": "AirflowFailException", "exc_value": "it is failed"}],
        },
    ]
    assert log_text(events).splitlines() == [
        "2026-03-15T12:00:01Z info snapshot s is creating",
        "2026-03-15T12:00:02Z error Task failed with exception",
        "    AirflowFailException: it is failed",
    ]
