"""Check of what the role may read. Pure."""

from redshift_backup.checks.facts import Check, Facts, failed, ok

READS = (
    "redshift:DescribeClusters",
    "redshift:DescribeClusterSnapshots",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
)
# Copies are shared with nobody, so that no grant matters, and their cluster is deleted.
READS_OF_COPIES = ("redshift:DescribeClusterSnapshots", "kms:DescribeKey", "kms:GetKeyPolicy")


def check_permissions(facts: Facts) -> Check:
    """Tell which reads AWS refused or left without an answer. Changing calls are not tried."""
    unread = [sentence for key in facts.keys.values() for sentence in key.unread]
    refused = [f"{action}: {answer}" for action, answer in sorted(facts.denied.items())]
    refused += [f"kms:{sentence.partition(' ')[0]}: {sentence}" for sentence in unread]
    detail = f"{len(refused)} reads failed, 0 expected"
    if not refused:
        return ok("permissions", detail)
    reads = READS_OF_COPIES if facts.chain.is_of_copies else READS
    return failed(
        "permissions",
        f"{detail}: {'; '.join(refused)}",
        f"grant the role its reads: {', '.join(reads)}",
    )
