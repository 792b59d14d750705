"""What a deployment would refuse of what is configured, each with both values."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ProfileNotFound

from redshift_dr.config import ClusterConfig
from redshift_dr.config.asking import compare
from redshift_dr.config.deployed import differences
from redshift_dr.invocation import FunctionSettings

SETTINGS: dict[str, Any] = {
    "account_id": "164543933824",
    "region_name": "us-east-1",
    "target_account_id": "058264155998",
    "allowed_clusters": ["aca-redshift-cluster", "sales-*"],
    "allowed_target_account_ids": ["058264155998", "111122223333"],
    "minimum_retention_days": 7,
    "maximum_age_hours": 26,
    "enabled_actions": ["create", "share", "prune", "check"],
    "max_deletions": 20,
}


def changed(cluster: ClusterConfig, **settings: Any) -> ClusterConfig:
    return ClusterConfig.model_validate({**dict(cluster), **settings})


def found(cluster: ClusterConfig, **deployed: Any) -> list[str]:
    return differences(cluster, FunctionSettings.model_validate({**SETTINGS, **deployed}))


def test_nothing_differs_from_a_deployment_that_allows_it(cluster: ClusterConfig) -> None:
    assert found(cluster) == []
    assert found(changed(cluster, cluster_identifier="sales-eu", retention_days=90)) == []
    assert found(changed(cluster, schedule=None)) == []


@pytest.mark.parametrize(
    ("configured", "deployed", "words"),
    [
        ({}, {"account_id": "999988887777"}, ("164543933824", "999988887777", "aws_source")),
        ({}, {"region_name": "eu-west-1"}, ("region_name is us-east-1", "runs in eu-west-1")),
        (
            {"cluster_identifier": "orders"},
            {},
            ("the cluster is orders", "ALLOWED_CLUSTERS is aca-redshift-cluster, sales-*"),
        ),
        (
            {"retention_days": 3},
            {},
            ("retention_days is 3", "MINIMUM_RETENTION_DAYS is 7", "--minimum-retention-days"),
        ),
        (
            {"further_target_account_ids": ("222233334444",)},
            {},
            (
                "the target accounts are 058264155998, 222233334444",
                "ALLOWED_TARGET_ACCOUNT_IDS is 058264155998, 111122223333",
                "refused for 222233334444",
            ),
        ),
        (
            {"target_account_id": "111122223333", "further_target_account_ids": ()},
            {},
            ("target_account_id is 111122223333", "TARGET_ACCOUNT_ID is 058264155998"),
        ),
        (
            {"schedule": "0 2 * * MON-FRI"},
            {},
            ("leaves 72 hours", "Fri 02:00 to Mon 02:00", "MAXIMUM_AGE_HOURS is 26", "hours 74"),
        ),
        ({}, {"maximum_age_hours": 25}, ("leaves 24 hours", "MAXIMUM_AGE_HOURS is 25")),
        (
            {},
            {"enabled_actions": ["create", "check"]},
            ("asks for create, share, prune", "ENABLED_ACTIONS is create, check", "share, prune w"),
        ),
        ({"drill": {}}, {}, ("asks for create, share, prune, stamp", "stamp would be refused")),
        (
            {"drill": {"maximum_age_hours": 50}},
            {"enabled_actions": ["create", "share", "prune", "stamp"]},
            ("drill.maximum_age_hours is 50", "MAXIMUM_AGE_HOURS is 26"),
        ),
    ],
)
def test_difference_is_told_with_both_values(
    cluster: ClusterConfig, configured: Any, deployed: Any, words: tuple[str, ...]
) -> None:
    (sentence,) = found(changed(cluster, **configured), **deployed)

    assert [word for word in words if word not in sentence] == []


def test_all_differences_are_told_at_once(cluster: ClusterConfig) -> None:
    other = changed(cluster, cluster_identifier="orders", retention_days=3, schedule="@weekly")

    assert len(found(other)) == 3


class Function:
    """Answers every invocation with the same."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, cluster: ClusterConfig) -> "Function":
        return self

    def invoke(self, *, FunctionName: str, Payload: str) -> Any:  # noqa: N803
        self.asked.append(FunctionName)
        assert json.loads(Payload) == {"action": "check"}
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answer_of(body: Any, **more: str) -> dict[str, Any]:
    return {"Payload": io.BytesIO(json.dumps(body).encode()), **more}


def checked(settings: Any) -> dict[str, Any]:
    head = {"statusCode": 200, "action": "check", "status": "completed"}
    return answer_of({**head, "cluster_identifier": "aca-redshift-cluster", "settings": settings})


def test_function_of_many_clusters_is_asked_once(cluster: ClusterConfig) -> None:
    function = Function(checked(SETTINGS))
    orders = changed(cluster, cluster_identifier="orders")
    fleet = {"aca-redshift-cluster": cluster, "orders": orders}

    different, silent = compare(fleet, function)

    assert function.asked == ["aca-redshift-backup"]
    assert [sentence.partition(":")[0] for sentence in different] == ["cluster orders"]
    assert silent == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "x"),
            "ResourceNotFoundException: none. Next step: Deploy the function",
        ),
        (ProfileNotFound(profile="x"), "Unreachable: The config profile (x) could not be found."),
        (
            answer_of({"errorType": "ConfigError", "errorMessage": "2 faults"}, FunctionError="x"),
            "ConfigError: 2 faults. Next step: Correct the function's environment",
        ),
        (checked({"region_name": "us-east-1"}), "settings.account_id: Field required"),
    ],
)
def test_function_without_an_answer_is_named_once(
    cluster: ClusterConfig, answer: Any, words: str
) -> None:
    orders = changed(cluster, cluster_identifier="orders")

    different, (sentence,) = compare({"a": cluster, "orders": orders}, Function(answer))

    assert different == []
    assert sentence.startswith("aca-redshift-backup: ")
    assert words in sentence
