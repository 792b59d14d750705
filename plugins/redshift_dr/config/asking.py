"""Asks deployed functions what they go by, and compares it with the configuration."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from redshift_dr.config.deployed import differences
from redshift_dr.config.models import ClusterConfig
from redshift_dr.invocation import (
    UNREACHABLE_TYPE,
    CheckResponse,
    Failure,
    FunctionSettings,
    failure_of,
    read_response,
)

Asked = FunctionSettings | Failure
Client = Callable[[ClusterConfig], Any]


def compare(clusters: Mapping[str, ClusterConfig], client: Client) -> tuple[list[str], list[str]]:
    """Compare each cluster with its function; a function of many clusters is asked once.

    :param client: makes the Lambda client for a cluster's function.
    :return: sentences about differences, and about functions that gave no answer.
    """
    asked: dict[tuple[str, ...], Asked] = {}
    different: list[str] = []
    silent: list[str] = []
    for name, cluster in clusters.items():
        key = (cluster.function_name, cluster.region_name, cluster.source_conn_id)
        if key not in asked:
            asked[key] = ask(cluster, client)
            answer = asked[key]
            if isinstance(answer, Failure):
                silent.append(f"{cluster.function_name}: {answer} Next step: {answer.next_step}")
        answer = asked[key]
        if isinstance(answer, FunctionSettings):
            different += [f"cluster {name}: {words}" for words in differences(cluster, answer)]
    return different, silent


def ask(cluster: ClusterConfig, client: Client) -> Asked:
    """What the cluster's function goes by; it is asked for its own cluster, which it allows.

    :return: its settings, or why there is no answer.
    """
    try:
        response = client(cluster).invoke(
            FunctionName=cluster.function_name, Payload=json.dumps({"action": "check"})
        )
        text = response["Payload"].read().decode()
    except ClientError as error:
        code, words = (error.response["Error"].get(key, "") for key in ("Code", "Message"))
        return Failure(code, f"{words.rstrip('.')}.", retry=False)
    except BotoCoreError as error:
        return Failure(UNREACHABLE_TYPE, f"{str(error).rstrip('.')}.", retry=False)
    if "FunctionError" in response:
        return failure_of(text)
    answer = read_response(text, CheckResponse, action="check", cluster_identifier=None)
    return answer if isinstance(answer, Failure) else answer.settings


def client_of_profile(profile: str) -> Client:
    """Clients by an AWS profile, for a person at a terminal."""
    import boto3

    def client(cluster: ClusterConfig) -> Any:
        session = boto3.Session(profile_name=profile, region_name=cluster.region_name)
        return session.client("lambda")

    return client


def client_of_connection(cluster: ClusterConfig) -> Any:
    """The client of the cluster's Airflow connection, as its DAG has it."""
    # Airflow takes a second to import, and only this needs it.
    from redshift_dr.hooks import BackupFunctionHook

    return BackupFunctionHook(
        aws_conn_id=cluster.source_conn_id, region_name=cluster.region_name
    ).conn
