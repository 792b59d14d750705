"""Errors of reaching AWS at all, as opposed to what AWS answers."""

from botocore.exceptions import ConnectionError as AwsConnectionError
from botocore.exceptions import HTTPClientError

UNREACHABLE = (HTTPClientError, AwsConnectionError)
"""Time-outs, refused and broken connections; botocore gives them two unrelated bases."""
