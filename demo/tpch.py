"""A TPC-H warehouse: generated, staged in S3, and loaded by COPY."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo.warehouse import Warehouse

SCHEMA = "tpch"
SCALE_FACTOR = 0.02
PARTS = 2
READER = "redshift_dr_reader"
"""The database user that counts the rows, before the backup and in the restored cluster."""

# TPC Benchmark H, section 1.4, with the keys that AWS's own examples give the two large tables.
TABLES = {
    "region": "r_regionkey INTEGER NOT NULL, r_name CHAR(25) NOT NULL, r_comment VARCHAR(152)",
    "nation": (
        "n_nationkey INTEGER NOT NULL, n_name CHAR(25) NOT NULL, n_regionkey INTEGER NOT NULL, "
        "n_comment VARCHAR(152)"
    ),
    "supplier": (
        "s_suppkey INTEGER NOT NULL, s_name CHAR(25) NOT NULL, s_address VARCHAR(40) NOT NULL, "
        "s_nationkey INTEGER NOT NULL, s_phone CHAR(15) NOT NULL, s_acctbal DECIMAL(15,2) "
        "NOT NULL, s_comment VARCHAR(101) NOT NULL"
    ),
    "customer": (
        "c_custkey BIGINT NOT NULL, c_name VARCHAR(25) NOT NULL, c_address VARCHAR(40) NOT NULL, "
        "c_nationkey INTEGER NOT NULL, c_phone CHAR(15) NOT NULL, c_acctbal DECIMAL(15,2) "
        "NOT NULL, c_mktsegment CHAR(10) NOT NULL, c_comment VARCHAR(117) NOT NULL"
    ),
    "part": (
        "p_partkey BIGINT NOT NULL, p_name VARCHAR(55) NOT NULL, p_mfgr CHAR(25) NOT NULL, "
        "p_brand CHAR(10) NOT NULL, p_type VARCHAR(25) NOT NULL, p_size INTEGER NOT NULL, "
        "p_container CHAR(10) NOT NULL, p_retailprice DECIMAL(15,2) NOT NULL, "
        "p_comment VARCHAR(23) NOT NULL"
    ),
    "partsupp": (
        "ps_partkey BIGINT NOT NULL, ps_suppkey INTEGER NOT NULL, ps_availqty INTEGER NOT NULL, "
        "ps_supplycost DECIMAL(15,2) NOT NULL, ps_comment VARCHAR(199) NOT NULL"
    ),
    "orders": (
        "o_orderkey BIGINT NOT NULL, o_custkey BIGINT NOT NULL, o_orderstatus CHAR(1) NOT NULL, "
        "o_totalprice DECIMAL(15,2) NOT NULL, o_orderdate DATE NOT NULL, "
        "o_orderpriority CHAR(15) NOT NULL, o_clerk CHAR(15) NOT NULL, "
        "o_shippriority INTEGER NOT NULL, o_comment VARCHAR(79) NOT NULL"
    ),
    "lineitem": (
        "l_orderkey BIGINT NOT NULL, l_partkey BIGINT NOT NULL, l_suppkey INTEGER NOT NULL, "
        "l_linenumber INTEGER NOT NULL, l_quantity DECIMAL(15,2) NOT NULL, "
        "l_extendedprice DECIMAL(15,2) NOT NULL, l_discount DECIMAL(15,2) NOT NULL, "
        "l_tax DECIMAL(15,2) NOT NULL, l_returnflag CHAR(1) NOT NULL, "
        "l_linestatus CHAR(1) NOT NULL, l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, "
        "l_receiptdate DATE NOT NULL, l_shipinstruct CHAR(25) NOT NULL, "
        "l_shipmode CHAR(10) NOT NULL, l_comment VARCHAR(44) NOT NULL"
    ),
}
KEYS = {
    "orders": " DISTKEY(o_orderkey) SORTKEY(o_orderdate)",
    "lineitem": " DISTKEY(l_orderkey) SORTKEY(l_shipdate)",
}
QUALIFIED_TABLES = tuple(f"{SCHEMA}.{table}" for table in TABLES)


def generate(folder: Path, *, scale_factor: float = SCALE_FACTOR) -> list[Path]:
    """Write the eight tables as CSV files with a header.

    :param folder: made when missing; one subfolder per table.
    :return: the files, sorted.
    :raises subprocess.CalledProcessError: the generator failed; its words are in ``stderr``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    generator = Path(sys.executable).parent / "tpchgen-cli"
    command = [str(generator), "csv", "--quiet", "--scale-factor", str(scale_factor)]
    command += ["--parts", str(PARTS), "--output-dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return sorted(folder.rglob("*.csv"))


def stage(client: Any, bucket: str, folder: Path, files: list[Path]) -> int:
    """Upload the files under ``tpch/<table>/``; return the bytes sent.

    :param client: boto3 ``s3`` client.
    """
    for file in files:
        client.upload_file(str(file), bucket, f"{SCHEMA}/{file.relative_to(folder).as_posix()}")
    return sum(file.stat().st_size for file in files)


def load(warehouse: Warehouse, bucket: str, role_arn: str) -> dict[str, int]:
    """Make the tables and load them from the staged files; return the rows per table.

    :param role_arn: the role with which the cluster reads the bucket.
    """
    warehouse.execute_all(list(_definitions()))
    for table in TABLES:
        warehouse.execute(
            f"COPY {SCHEMA}.{table} FROM 's3://{bucket}/{SCHEMA}/{table}/' "
            f"IAM_ROLE '{role_arn}' FORMAT AS CSV IGNOREHEADER 1"
        )
    warehouse.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}")
    warehouse.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {READER}")
    return warehouse.count_rows(QUALIFIED_TABLES)


def _definitions() -> Iterator[str]:
    yield f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"
    for table, columns in TABLES.items():
        yield f"CREATE TABLE {SCHEMA}.{table} ({columns}){KEYS.get(table, '')}"
