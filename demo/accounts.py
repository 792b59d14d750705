"""Clients for the two accounts of the sandbox, and for its control API."""

from collections.abc import Mapping
from typing import Any, Literal

import boto3
import botocore.session
import httpx

Profile = Literal["source", "target"]

SOURCE_ACCOUNT_ID = "164543933824"
TARGET_ACCOUNT_ID = "058264155998"
REGION = "us-east-1"


class Accounts:
    """The two accounts as any AWS client sees them: by profile.

    The profiles are read from the sandbox's own files, never from the caller's shell, so that the
    demonstration cannot reach a real account.

    :param environment: what the sandbox exports.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._http = httpx.Client(
            base_url=environment["AWS_ENDPOINT_URL"], timeout=60.0, trust_env=False
        )

    def client(self, service: str, profile: Profile) -> Any:
        """Return a boto3 client that acts in one account."""
        session = botocore.session.Session(profile=profile)
        session.set_config_variable("config_file", self.environment["AWS_CONFIG_FILE"])
        session.set_config_variable(
            "credentials_file", self.environment["AWS_SHARED_CREDENTIALS_FILE"]
        )
        return boto3.Session(botocore_session=session).client(
            service, region_name=REGION, endpoint_url=self.environment["AWS_ENDPOINT_URL"]
        )

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox's control API.

        :param path: what follows ``/_sandbox/``.
        :raises httpx.HTTPStatusError: refused; the answer is in the message.
        """
        response = self._http.request(method, f"/_sandbox/{path}", json=body)
        if response.is_error:
            raise httpx.HTTPStatusError(
                f"{method} /_sandbox/{path} answered {response.status_code}: {response.text}",
                request=response.request,
                response=response,
            )
        return response.json()

    def close(self) -> None:
        """Close the connections to the control API."""
        self._http.close()
