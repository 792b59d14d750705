"""Data of clusters: images are immutable, counted, and made only when something changed."""

import threading
import time

import pytest

from sandbox.warehouse.access import User
from sandbox.warehouse.errors import NoSuchWarehouseError, SqlError
from sandbox.warehouse.registry import Warehouses
from sandbox.warehouse.session import Session

SOURCE = ("164543933824", "us-east-1", "source")
OTHER = ("058264155998", "us-east-1", "drill")
ADMIN = User("awsuser", is_superuser=True)


@pytest.fixture
def warehouses():
    registry = Warehouses()
    registry.create(*SOURCE, "dev")
    yield registry
    registry.close()


def execute(warehouses, key, *sqls):
    warehouse = warehouses.find(*key)
    with warehouse.lock:
        session = Session(warehouse, warehouse.main_database, ADMIN)
        try:
            return [session.execute(sql) for sql in sqls][-1].rows
        finally:
            session.close()


def test_restored_data_are_as_of_the_image(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2)")
    image = warehouses.freeze(*SOURCE)
    execute(warehouses, SOURCE, "DROP TABLE t")
    warehouses.restore(image, *OTHER)
    assert execute(warehouses, OTHER, "SELECT count(*) FROM t") == [(2,)]
    execute(warehouses, OTHER, "DELETE FROM t")
    warehouses.restore(image, *SOURCE)
    assert execute(warehouses, SOURCE, "SELECT count(*) FROM t") == [(2,)]


def test_all_databases_are_frozen(warehouses):
    execute(warehouses, SOURCE, "CREATE DATABASE archive")
    warehouses.restore(warehouses.freeze(*SOURCE), *OTHER)
    assert warehouses.find(*OTHER).engine.databases == ["archive", "dev"]


def test_unchanged_data_share_one_image(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)")
    first = warehouses.freeze(*SOURCE)
    execute(warehouses, SOURCE, "SELECT * FROM t")
    assert {warehouses.freeze(*SOURCE) for _ in range(100)} == {first}
    execute(warehouses, SOURCE, "INSERT INTO t VALUES (1)")
    assert warehouses.freeze(*SOURCE) != first


@pytest.mark.parametrize(
    "change",
    ["CREATE USER reader PASSWORD 'Passw0rd'", "CREATE SCHEMA s", "GRANT SELECT ON t TO public"],
)
def test_change_of_users_schemas_or_grants_makes_a_new_image(warehouses, change):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)")
    first = warehouses.freeze(*SOURCE)
    execute(warehouses, SOURCE, change)
    assert warehouses.freeze(*SOURCE) != first


def test_image_lives_until_its_last_reference(warehouses):
    image = warehouses.freeze(*SOURCE)
    warehouses.retain(image)
    warehouses.release(image)
    assert warehouses.size_megabytes(image) == 1
    warehouses.release(image)
    with pytest.raises(NoSuchWarehouseError, match=image):
        warehouses.size_megabytes(image)
    assert warehouses.freeze(*SOURCE) != image


def test_restored_cluster_outlives_the_image(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (7)")
    image = warehouses.freeze(*SOURCE)
    warehouses.restore(image, *OTHER)
    warehouses.release(image)
    warehouses.delete(*SOURCE)
    assert execute(warehouses, OTHER, "SELECT a FROM t") == [(7,)]


def test_execute_on_image_leaves_the_old_image_alone(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2)")
    image = warehouses.freeze(*SOURCE)
    changed, rows = warehouses.execute_on_image(image, "DELETE FROM t WHERE a = 1")
    assert rows == 1
    warehouses.restore(image, *OTHER)
    assert execute(warehouses, OTHER, "SELECT count(*) FROM t") == [(2,)]
    warehouses.restore(changed, *OTHER)
    assert execute(warehouses, OTHER, "SELECT count(*) FROM t") == [(1,)]
    with pytest.raises(SqlError, match="gone"):
        warehouses.execute_on_image(image, "DELETE FROM gone")


def test_unknown_cluster_and_image_are_named(warehouses):
    with pytest.raises(NoSuchWarehouseError, match="drill"):
        warehouses.freeze(*OTHER)
    with pytest.raises(NoSuchWarehouseError, match="image-x"):
        warehouses.restore("image-x", *OTHER)
    warehouses.delete(*OTHER)


def test_close_leaves_no_file_behind(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)")
    warehouses.freeze(*SOURCE)
    root = warehouses.find(*SOURCE).directory.parent
    assert list(root.iterdir())
    warehouses.close()
    assert not root.exists()


def test_100_tables_freeze_and_restore_in_seconds(warehouses):
    values = ", ".join(f"({number}, 'row {number}')" for number in range(1000))
    execute(
        warehouses,
        SOURCE,
        "CREATE TABLE seed (a INT, b VARCHAR(20))",
        f"INSERT INTO seed VALUES {values}",
        *(
            f"CREATE TABLE t{number} AS SELECT x.a, y.b FROM seed x JOIN seed y ON y.a < 100"
            for number in range(100)
        ),
    )
    started = time.monotonic()
    image = warehouses.freeze(*SOURCE)
    warehouses.restore(image, *OTHER)
    assert execute(warehouses, OTHER, "SELECT count(*) FROM t99") == [(100_000,)]
    assert time.monotonic() - started < 5
    assert warehouses.size_megabytes(image) > 1


def test_threads_may_write_and_freeze_at_once(warehouses):
    execute(warehouses, SOURCE, "CREATE TABLE t (a INT)")
    failures, images = [], []

    def write(number):
        try:
            for _ in range(10):
                execute(warehouses, SOURCE, f"INSERT INTO t VALUES ({number})")
                images.append(warehouses.freeze(*SOURCE))
        except SqlError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert execute(warehouses, SOURCE, "SELECT count(*) FROM t") == [(80,)]
    for image in images:
        warehouses.release(image)
