"""What a bucket's policy denies under a condition is denied under that condition only."""

import json
from typing import Any


def test_a_bucket_that_demands_tls_takes_objects(sandbox: Any) -> None:
    s3 = sandbox.client("s3", "target")
    s3.create_bucket(Bucket="evidence")
    denial = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::evidence", "arn:aws:s3:::evidence/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    s3.put_bucket_policy(Bucket="evidence", Policy=policy)
    for enforce in (False, True):
        sandbox.control("POST", "iam", {"enforce": enforce})
        s3.put_object(Bucket="evidence", Key="one.json", Body=b"{}")
        assert s3.get_object(Bucket="evidence", Key="one.json")["Body"].read() == b"{}"
