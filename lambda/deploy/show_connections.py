"""Show the outputs of a stack, and the connections that Airflow needs because of them."""

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_EXTERNAL_ID = "THE-EXTERNAL-ID"
_BUCKET_OF_DR = "EVIDENCE-BUCKET-NAME-OF-aca-redshift-dr"


def connections_of(
    account: str, region: str, outputs: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the extra of each connection, by the connection's name.

    :param account: ``source`` or ``dr``.
    """
    if account == "dr":
        extra = {
            "region_name": region,
            "role_arn": outputs["RestoreRoleArn"],
            "assume_role_kwargs": {"ExternalId": _EXTERNAL_ID},
            "service_config": {
                "s3": {"bucket_name": outputs["EvidenceBucketName"]},
                "redshift": {
                    "cluster_subnet_group_name": outputs["SubnetGroupName"],
                    "vpc_security_group_ids": [outputs["SecurityGroupId"]],
                    "kms_key_id": outputs["RestoreKeyArn"],
                },
            },
        }
        return {"aws_dr": extra}
    if "AirflowRoleArn" not in outputs:
        return {}
    inventory = {"region_name": region, "role_arn": outputs["InventoryRoleArn"]}
    return {
        "aws_source": {"region_name": region, "role_arn": outputs["AirflowRoleArn"]},
        "aws_source_inventory": inventory
        | {"service_config": {"s3": {"bucket_name": _BUCKET_OF_DR}}},
    }


def lines_of(account: str, region: str, outputs: Mapping[str, str]) -> list[str]:
    """Return what is printed: an output a line, then a command for each connection."""
    lines = [f"{name}\t{value}" for name, value in outputs.items()]
    connections = connections_of(account, region, outputs)
    if connections:
        lines += ["", "Airflow's connections, to which its own credentials are added:"]
    for name, extra in connections.items():
        given = shlex.quote(json.dumps(extra))
        lines.append(f"  airflow connections add {name} --conn-type aws --conn-extra {given}")
    if account == "dr":
        bucket = outputs["EvidenceBucketName"]
        lines.append(f"and aws_source_inventory gets the bucket {bucket} in its service_config")
    elif not connections:
        lines += ["", "no roles for Airflow: deploy with --airflow-principal-arn to have them made"]
    return lines


def main() -> int:
    """Print what belongs to the account, the region and the file of outputs in the arguments."""
    account, region, file = sys.argv[1:]
    rows = json.loads(Path(file).read_text(encoding="utf-8"))
    outputs = {row["OutputKey"]: row["OutputValue"] for row in rows}
    sys.stdout.write("".join(f"{line}\n" for line in lines_of(account, region, outputs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
