"""The checks in include/validation, run for real: they pass on good data and find bad data."""

from pathlib import Path
from typing import Any

import pytest

from demo import tpch
from redshift_dr.validation.check_files import load_checks
from sandbox.sample_warehouse import SCHEMA, tables
from tests.sandbox.redshiftdata.conftest import CLUSTER, Database, cached_client

FOLDER = Path(__file__).parents[3] / "include" / "validation" / "aca-redshift-cluster"
SCALE_FACTOR = 0.002
DAMAGE = {
    "TPC-H: orders without customer": "DELETE FROM tpch.customer WHERE c_custkey % 9 = 1",
    "TPC-H: line items without order": "DELETE FROM tpch.orders WHERE o_orderkey % 9 = 1",
    "TPC-H: line items without part and supplier": "DELETE FROM tpch.partsupp",
    "TPC-H: orders without line items": "DELETE FROM tpch.lineitem WHERE l_orderkey % 7 = 1",
    "TPC-H: keys given twice": "INSERT INTO tpch.orders SELECT * FROM tpch.orders",
    "TPC-H: values out of range": "UPDATE tpch.lineitem SET l_discount = 0.2",
    "TPC-H: dates out of order": "UPDATE tpch.lineitem SET l_shipdate = '1991-01-01'",
    "TPC-H: tables out of proportion": "DELETE FROM tpch.nation WHERE n_nationkey = 3",
    "TPC-H: orders whose total is not that of their line items": (
        "UPDATE tpch.lineitem SET l_tax = l_tax + 0.01"
    ),
    "sales: orders without customer or product": "DELETE FROM sales.products WHERE product_id = 8",
    "sales: amounts that are not price times quantity": "UPDATE sales.products SET price = 0",
}


@pytest.fixture
def loaded(sandbox: Any, tmp_path: Path) -> Database:
    """Both warehouses: TPC-H as the demo loads it, and the playground's sample."""
    role = cached_client(sandbox, "iam").create_role(
        RoleName="copy", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )["Role"]["Arn"]
    cached_client(sandbox, "redshift").create_cluster(
        ClusterIdentifier="warehouse", IamRoles=[role], **CLUSTER
    )
    database = Database(sandbox, "warehouse")
    bucket = "staging"
    s3 = cached_client(sandbox, "s3")
    s3.create_bucket(Bucket=bucket)
    tpch.stage(s3, bucket, tmp_path, tpch.generate(tmp_path, scale_factor=SCALE_FACTOR))
    database.run(f"CREATE SCHEMA {tpch.SCHEMA}", f"CREATE SCHEMA {SCHEMA}")
    for table in tables():
        database.run(table.definition, table.insertion)
    for table, columns in tpch.TABLES.items():
        database.run(
            f"CREATE TABLE tpch.{table} ({columns})",
            f"COPY tpch.{table} FROM 's3://{bucket}/tpch/{table}/' IAM_ROLE '{role}'"
            " FORMAT AS CSV IGNOREHEADER 1",
        )
    return database


@pytest.mark.slow
def test_every_shipped_check_passes_on_good_data_and_finds_bad_data(loaded: Database) -> None:
    checks = load_checks(FOLDER)
    assert {check.name for check in checks} == set(DAMAGE)
    assert {check.name: loaded.rows(check.sql) for check in checks} == {
        check.name: [(0,)] for check in checks
    }
    # One upon the other: what was damaged before hides nothing of the next.
    for check in checks:
        loaded.run(DAMAGE[check.name])
        ((count,),) = loaded.rows(check.sql)
        assert count > 0, check.name
