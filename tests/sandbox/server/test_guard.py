"""Tests reach nothing but this machine, and read nobody's configuration."""

import os
import socket

import boto3
import pytest
from botocore.exceptions import NoCredentialsError


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("169.254.169.254", 80)])
def test_connection_to_the_outside_is_refused(socket_guard, address):
    with (
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outside,
        pytest.raises(RuntimeError, match="tried to reach"),
    ):
        outside.connect(address)
    assert socket_guard.attempts == [address[0]]
    socket_guard.attempts.clear()


def test_name_of_the_outside_is_not_looked_up(socket_guard):
    with pytest.raises(RuntimeError, match=r"sts\.amazonaws\.com"):
        socket.getaddrinfo("sts.amazonaws.com", 443)
    socket_guard.attempts.clear()


def test_no_credentials_exist_outside_of_the_sandbox():
    # A new session: the default one keeps the credentials of whoever used it first.
    client = boto3.session.Session().client("sts", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(NoCredentialsError):
        client.get_caller_identity()


def test_airflow_has_a_home_of_its_own():
    assert "redshift-dr-tests-" in os.environ["AIRFLOW_HOME"]
