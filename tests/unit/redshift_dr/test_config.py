"""What ``clusters.yaml`` may say, and what is said about it when it is wrong."""

from pathlib import Path

import pytest

from redshift_dr.config import find_configuration, load_fleet
from redshift_dr.errors import ConfigurationError
from tests.unit.redshift_dr.config.samples import DEFAULTS


def write(folder: Path, clusters: str, defaults: str = DEFAULTS) -> Path:
    path = folder / "clusters.yaml"
    path.write_text(defaults + clusters, encoding="utf-8")
    return path


def test_repository_configuration_is_good() -> None:
    fleet = load_fleet(find_configuration())

    assert fleet.faults == ()
    cluster = fleet.clusters["aca-redshift-cluster"]
    assert cluster.function_name == "aca-redshift-backup"
    assert (cluster.source_conn_id, cluster.dr_conn_id) == ("aws_source", "aws_dr")
    assert cluster.all_target_account_ids == ("058264155998",)
    assert cluster.retention_days == 7


def test_cluster_overrides_defaults_and_merges_deadlines(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "  deadlines: {snapshot_minutes: 10, share_minutes: 5}\n"
        "clusters:\n  one:\n    retention_days: 30\n    deadlines: {share_minutes: 9}\n  two:\n",
    )

    fleet = load_fleet(path)

    assert fleet.faults == ()
    assert fleet.clusters["one"].retention_days == 30
    assert fleet.clusters["two"].retention_days == 7
    deadlines = fleet.clusters["one"].deadlines
    assert (deadlines.snapshot_minutes, deadlines.share_minutes) == (10, 9)


def test_one_bad_entry_does_not_take_the_others_down(tmp_path: Path) -> None:
    path = write(tmp_path, "clusters:\n  good: {}\n  bad:\n    retention_days: 0\n  fine: {}\n")

    fleet = load_fleet(path)

    assert list(fleet.clusters) == ["good", "fine"]
    assert len(fleet.faults) == 1


def test_fault_names_file_line_cluster_and_field(tmp_path: Path) -> None:
    path = write(tmp_path, "clusters:\n  bad:\n    retention_days: 0\n")

    (fault,) = load_fleet(path).faults

    assert fault.startswith(f"{path}:11: cluster bad: retention_days is 0: ")


def test_all_faults_of_all_clusters_are_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "clusters:\n"
        "  one:\n    retention_days: seven\n    retension: 1\n    schedule: at night\n"
        "  two:\n    timezone: Mars/Olympus\n    target_account_id: 58264155998\n",
    )

    faults = "\n".join(load_fleet(path).faults)

    for expected in (
        "cluster one: retention_days is 'seven'",
        "cluster one: retension is not a known field",
        "cluster one: schedule 'at night' is not a cron expression",
        "cluster two: timezone 'Mars/Olympus' is not an IANA time zone",
        "cluster two: target_account_id is 58264155998",
        "put account ids in quotes",
    ):
        assert expected in faults


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("retention_days: 1.5", "retention_days is 1.5"),
        ("retention_days: true", "retention_days is True"),
        ("retention_days: -3", "retention_days is -3"),
        ('target_account_id: "12345"', "must be twelve digits"),
        ('target_account_id: "164543933824"', "is also a target account"),
        ("alert_topic_arn: alerts", "alert_topic_arn is 'alerts'"),
        ("deadlines: {snapshot_minutes: 0}", "deadlines.snapshot_minutes is 0"),
        ("deadlines: {snapshot_hours: 1}", "deadlines.snapshot_hours is not a known field"),
        ("cluster_identifier: other", "is the key of the entry"),
        ('schedule: "99 2 * * *"', "is not a cron expression"),
        ("when_paused: ignore", "when_paused is 'ignore'"),
    ],
)
def test_bad_value_is_refused(tmp_path: Path, entry: str, expected: str) -> None:
    fleet = load_fleet(write(tmp_path, f"clusters:\n  one:\n    {entry}\n"))

    assert fleet.clusters == {}
    assert expected in "\n".join(fleet.faults)


@pytest.mark.parametrize("name", ["Upper", "9start", "double--hyphen", "end-", "under_score"])
def test_cluster_identifier_follows_redshift(tmp_path: Path, name: str) -> None:
    fleet = load_fleet(write(tmp_path, f"clusters:\n  {name}: {{}}\n  good: {{}}\n"))

    assert list(fleet.clusters) == ["good"]
    assert f"cluster {name}: cluster_identifier" in fleet.faults[0]


def test_cluster_given_twice_is_a_fault_and_not_the_last_one(tmp_path: Path) -> None:
    path = write(tmp_path, "clusters:\n  one: {}\n  two: {}\n  one:\n    retention_days: 9\n")

    fleet = load_fleet(path)

    assert list(fleet.clusters) == ["two"]
    assert "cluster one: is given twice, in lines 10 and 12" in fleet.faults[0]


def test_bad_default_is_named_once_where_it_stands_with_the_clusters_it_costs(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        "clusters:\n  one: {}\n  two:\n    retention_days: 8\n  three: {}\n",
        DEFAULTS + "  retention_days: 0\n",
    )

    fleet = load_fleet(path)

    assert list(fleet.clusters) == ["two"]
    (fault,) = fleet.faults
    assert fault.startswith(f"{path}:9: defaults: retention_days is 0: ")
    assert fault.endswith(" (2 clusters: one, three)")


def test_bad_default_of_a_group_is_named_where_it_stands_and_the_own_one_at_the_cluster(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        "clusters:\n  one: {drill: {node_type: ra3.large}}\n"
        "  two:\n    drill:\n      database: ''\n",
        DEFAULTS + "  drill:\n    maximum_age_hours: 0\n",
    )

    in_defaults, in_cluster = load_fleet(path).faults

    assert in_defaults.startswith(f"{path}:10: defaults: drill.maximum_age_hours is 0: ")
    assert in_defaults.endswith(" (all 2 clusters)")
    assert in_cluster.startswith(f"{path}:15: cluster two: drill.database is '': ")


def test_what_all_clusters_lack_is_told_once(tmp_path: Path) -> None:
    entries = "".join(f"  cluster-{number}: {{}}\n" for number in range(50))
    path = write(tmp_path, f"clusters:\n{entries}", DEFAULTS.replace("  owner: data\n", ""))

    (fault,) = load_fleet(path).faults

    assert fault == (
        f"{path}:1: defaults: owner is missing; give it for the cluster or under defaults "
        "(all 50 clusters)"
    )


def test_only_the_first_of_many_clusters_are_listed(tmp_path: Path) -> None:
    entries = "".join(f"  cluster-{number}: {{}}\n" for number in range(50))
    path = write(
        tmp_path,
        f"clusters:\n{entries}  sound: {{timezone: UTC}}\n",
        DEFAULTS + "  timezone: Mars\n",
    )

    (fault,) = load_fleet(path).faults

    assert fault.endswith(
        " (50 clusters: cluster-0, cluster-1, cluster-2, cluster-3, cluster-4 and 45 more)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "must be a mapping"),
        ("clusters: [one]\n", "must map each cluster identifier"),
        ("clusters: {}\n", "must map each cluster identifier"),
        ("cluster: {one: {}}\n", "cluster is not a known key"),
        ("clusters: {one: 1}\n", "cluster one: must be a mapping"),
        ("defaults: {retention: 1}\nclusters: {one: {}}\n", "defaults.retention is not a known"),
        ("defaults: [1\n", "is not YAML"),
    ],
)
def test_file_without_outline_gives_faults_and_no_clusters(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_text(text, encoding="utf-8")

    fleet = load_fleet(path)

    assert fleet.clusters == {}
    assert expected in "\n".join(fleet.faults)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clusters:\n\tone: {}\n", ":2: is not YAML: "),
        ("clusters: [\n", ":2: is not YAML: "),
        ("clusters:\n  one: *nothing\n", ":2: is not YAML: found undefined alias 'nothing'"),
        ("clusters: {}\n---\nmore: 1\n", ":2: is not YAML: "),
        ("clusters:\n  one: !!python/none x\n", ":2: is not YAML: could not determine"),
        ("clusters:\n  [a]: {}\n", ":2: is not YAML: "),
        ("clusters:\n  one: &o\n    deadlines: *o\n", ":2: clusters.one.deadlines contains itself"),
        (f"clusters: {'[' * 5000}", ":1: is nested too deeply"),
        ("clusters: \x01\n", ":1: is not YAML: "),
        ("clusters: \udcff\n", ":1: is not UTF-8: "),
    ],
)
def test_unreadable_file_is_one_fault_with_its_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "clusters.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    (fault,) = load_fleet(path).faults

    assert fault.startswith(f"{path}{expected}")


def test_missing_file_names_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDSHIFT_DR_CONFIG", str(tmp_path / "nowhere.yaml"))

    fleet = load_fleet()

    assert str(tmp_path / "nowhere.yaml") in fleet.faults[0]
    with pytest.raises(ConfigurationError, match="1 fault in the configuration"):
        fleet.raise_for_faults()


@pytest.mark.parametrize("place", ["include/clusters.yaml", "clusters.yaml"])
def test_configuration_inside_the_dags_folder_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.delenv("REDSHIFT_DR_CONFIG", raising=False)
    dags = tmp_path / "dags"
    expected = dags / place
    expected.parent.mkdir(parents=True)
    expected.write_text(DEFAULTS + "clusters: {one: {}}\n", encoding="utf-8")

    assert find_configuration(dags) == expected


@pytest.mark.parametrize(
    "timezone", ["Mars/Olympus", "Europe", "../UTC", "/etc/localtime", "", "right/UTC", "posix/UTC"]
)
def test_timezone_that_is_no_iana_name_is_a_fault(tmp_path: Path, timezone: str) -> None:
    path = write(tmp_path, f"clusters:\n  one:\n    timezone: '{timezone}'\n")

    fleet = load_fleet(path)

    (fault,) = fleet.faults
    assert f"cluster one: timezone '{timezone}' is not an IANA time zone name" in fault


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Paris", "America/Argentina/Buenos_Aires"])
def test_iana_timezone_is_good(tmp_path: Path, timezone: str) -> None:
    path = write(tmp_path, f"clusters:\n  one:\n    timezone: {timezone}\n")

    assert load_fleet(path).clusters["one"].timezone == timezone


def test_drill_is_off_unless_it_is_configured_and_on_in_the_repository(tmp_path: Path) -> None:
    fleet = load_fleet(write(tmp_path, "clusters:\n  orders: {}\n"))
    drill = load_fleet(find_configuration()).clusters["aca-redshift-cluster"].drill

    assert fleet.clusters["orders"].drill is None
    assert drill is not None
    assert (drill.schedule, drill.maximum_age_hours, drill.keep_dr_copy) == (
        "0 6 * * SUN",
        26,
        True,
    )


def test_cluster_merges_its_drill_with_the_defaults_and_can_leave_it_out(tmp_path: Path) -> None:
    defaults = DEFAULTS + (
        "  drill:\n    maximum_age_hours: 50\n    deadlines: {restore_minutes: 100}\n"
    )
    clusters = (
        "clusters:\n  orders:\n    drill:\n      node_type: ra3.large\n"
        "      deadlines: {copy_minutes: 7}\n      tolerance_percent: 1\n"
        "      freshness: [{column: tpch.orders.o_orderdate, maximum_age_hours: 48}]\n"
        "  sales:\n    drill: null\n"
    )

    fleet = load_fleet(write(tmp_path, clusters, defaults))

    assert fleet.faults == ()
    drill = fleet.clusters["orders"].drill
    assert drill is not None
    assert (drill.maximum_age_hours, drill.node_type, drill.tolerance_percent) == (
        50,
        "ra3.large",
        1.0,
    )
    assert (drill.deadlines.restore_minutes, drill.deadlines.copy_minutes) == (100, 7)
    assert drill.freshness[0].column == "tpch.orders.o_orderdate"
    assert fleet.clusters["sales"].drill is None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("schedule: weekly", "is not a cron expression"),
        ("timezone: Mars", "is not an IANA time zone"),
        ("expires_hours: 10", "would be swept away"),
        ("node_type: large", "node_type is 'large'"),
        ("kms_key_id: alias/x", "kms_key_id is 'alias/x'"),
        ("security_group_ids: [web]", "security_group_ids"),
        ("typo: 1", "drill.typo is not a known field"),
        ("freshness: [{column: orders, maximum_age_hours: 1}]", "freshness"),
    ],
)
def test_fault_of_a_drill_names_its_field(tmp_path: Path, line: str, words: str) -> None:
    fleet = load_fleet(write(tmp_path, f"clusters:\n  orders:\n    drill:\n      {line}\n"))

    (fault,) = fleet.faults
    assert "cluster orders" in fault
    assert words in fault


def test_further_notifier_is_looked_for_when_the_configuration_is_read(tmp_path: Path) -> None:
    known = "airflow.providers.amazon.aws.notifications.sqs.SqsNotifier"
    entry = "clusters:\n  a:\n    notifiers:\n      - {path: %s, arguments: {queue_url: x}}\n"

    good = load_fleet(write(tmp_path, entry % known))
    bad = load_fleet(write(tmp_path, entry % "no_such_package.Notifier"))

    assert good.faults == ()
    assert good.clusters["a"].notifiers[0].arguments == {"queue_url": "x"}
    (fault,) = bad.faults
    assert ":12: cluster a: notifiers.0.path" in fault
    assert "there is no module no_such_package; install its package" in fault


@pytest.mark.parametrize(("value", "expected"), [("null", None), ("90", 90)])
def test_lateness_is_configured_or_left_out(
    tmp_path: Path, value: str, expected: int | None
) -> None:
    fleet = load_fleet(write(tmp_path, f"clusters:\n  a: {{late_after_minutes: {value}}}\n"))

    assert fleet.clusters["a"].late_after_minutes == expected
