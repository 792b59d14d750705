"""Check of the bucket that restore tests keep their intents and evidence in. Pure."""

from redshift_backup.checks.facts import Check, Facts, failed, ok


def check_evidence_bucket(facts: Facts) -> Check:
    """Tell whether the action sweep can find the intents of restore tests."""
    name, bucket = "evidence_bucket", facts.evidence_bucket
    if bucket is None:
        return failed(
            name,
            "0 buckets are named by EVIDENCE_BUCKET, 1 expected",
            "set it in the deployment; without it no cluster left behind is ever swept",
        )
    if facts.evidence_fault is not None:
        return failed(
            name,
            f"s3://{bucket} cannot be looked into: {facts.evidence_fault}",
            "let the role list it and read its intents/ (s3:ListBucket, s3:GetObject)",
        )
    return ok(name, f"s3://{bucket}/intents/ can be listed")
