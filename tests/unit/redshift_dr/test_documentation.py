"""What the UI shows of a cluster's settings, and of what a task does."""

from redshift_dr.config import ClusterConfig
from redshift_dr.documentation import (
    dag_documentation,
    settings_of,
    task_documentation,
)


class Operator:
    """Ask the function once more.

    What it answers goes to ``wait``, see :meth:`~redshift_dr.operators.prune.Operator.prune`.

    :param cluster: the cluster's settings.
    :param other: something else.

    IAM: ``lambda:InvokeFunction``.

    .. seealso:: :external+boto3:py:meth:`Lambda.Client.invoke`
    """


def test_settings_are_named_as_in_the_file_with_their_groups(cluster: ClusterConfig) -> None:
    settings = settings_of(cluster, without=["drill"])

    assert next(iter(settings)) == "cluster_identifier"
    assert settings["further_target_account_ids"] == "111122223333"
    assert settings["deadlines.share_minutes"] == "30"
    assert settings["approvals.prune"] == "no"
    assert settings["runbook_url"] == "-"
    assert not [name for name in settings if name.startswith("drill")]


def test_page_has_purpose_use_configuration_and_runbook(cluster: ClusterConfig) -> None:
    own = cluster.model_copy(update={"runbook_url": "https://example.com/runbook"})
    page = dag_documentation(
        own,
        "Backs up.\n\n* Asks ``backup__<cluster>``.\n",
        {"schedule": "0 2 * * *", "odd": "a | b"},
        [("prune", "it fails", "read")],
    )

    assert page.split("\n\n") == [
        "Backs up.",
        "* Asks `backup__aca-redshift-cluster`.",
        "## Configuration",
        "| setting | value |\n| --- | --- |\n| schedule | `0 2 * * *` |\n| odd | `a \\| b` |",
        "## Runbook",
        "| task | what is wrong | first step |\n| --- | --- | --- |\n| prune | it fails | read |",
        "More: [the team's runbook](https://example.com/runbook)",
    ]


def test_task_is_documented_by_its_operator_without_parameters() -> None:
    assert task_documentation(Operator) == (
        "Ask the function once more.\n\n"
        "What it answers goes to `wait`, see `prune`.\n\n"
        "IAM: `lambda:InvokeFunction`."
    )
