"""What node types can be restored to, and how much they hold."""

from typing import Any

_RA3 = ("ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge")
_RG = ("rg.large", "rg.xlarge", "rg.4xlarge")
_DC2 = ("dc2.large", "dc2.8xlarge")

_STORAGE_TERABYTES = {
    "ra3.large": 1,
    "ra3.xlplus": 32,
    "ra3.4xlarge": 128,
    "ra3.16xlarge": 128,
    "dc2.large": 0.16,
    "dc2.8xlarge": 2.56,
}
_MEGABYTES_PER_TERABYTE = 1024 * 1024


def restorable_node_types(node_type: str) -> list[str]:
    """Return RestorableNodeTypes of a snapshot of a cluster of ``node_type``.

    Within a family, and from DC2 to RA3. The lists are a choice: AWS documents no table of them.
    """
    if node_type.startswith("dc2."):
        return [*_DC2, *_RA3]
    family = _RG if node_type.startswith("rg.") else _RA3
    return list(dict.fromkeys([node_type, *family]))


def capacity_megabytes(node_type: str, number_of_nodes: int) -> int:
    """Return the storage of a cluster; an unknown type counts as 1 TB a node."""
    return int(_STORAGE_TERABYTES.get(node_type, 1) * _MEGABYTES_PER_TERABYTE * number_of_nodes)


def node_configurations(size_megabytes: float, node_type: str) -> list[dict[str, Any]]:
    """Return the options of DescribeNodeConfigurationOptions for a restore."""
    return [
        {
            "NodeType": candidate,
            "NumberOfNodes": count,
            "EstimatedDiskUtilizationPercent": round(
                100 * size_megabytes / capacity_megabytes(candidate, count), 2
            ),
            "Mode": "standard",
        }
        for candidate in restorable_node_types(node_type)
        for count in (1, 2, 4)
        if size_megabytes <= capacity_megabytes(candidate, count)
    ]
