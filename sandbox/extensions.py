"""What the sandbox adds to moto, as one: put in place, pointed at the server, emptied, closed."""

import os

from moto.core.base_backend import BackendDict, backend_lock
from moto.core.model_instances import reset_model_data

from sandbox import (
    alarms,
    awslambda,
    buckets,
    cloudformation,
    eventbridge,
    redshift,
    redshiftdata,
    scheduling,
    servicequotas,
    topics,
)
from sandbox.crashes import Crashes
from sandbox.faults import Faults
from sandbox.guard.guard import Guard
from sandbox.warehouse import WAREHOUSES


def install() -> None:
    """Put the sandbox's own models in moto's places; a second call changes nothing."""
    # moto makes thousands of machine images with each account's networks; nobody starts machines.
    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    redshift.install()
    redshiftdata.install()
    awslambda.install()
    eventbridge.install()
    cloudformation.install()
    scheduling.install()
    alarms.install()
    topics.install()
    servicequotas.install()
    buckets.install()


def configure(url: str, guard: Guard, faults: Faults, crashes: Crashes) -> None:
    """Tell functions and stacks where the sandbox is, and schedules who judges their calls."""
    awslambda.configure(url, guard)
    cloudformation.configure(url)
    scheduling.configure(guard, faults, crashes)


def reset() -> None:
    """Forget all data of all accounts, moto's own included.

    The extensions go first: what still runs is found through moto's registries.
    """
    scheduling.reset()
    topics.reset()
    awslambda.reset()
    redshiftdata.reset()
    redshift.reset()
    _reset_moto()
    WAREHOUSES.reset()


def changed() -> None:
    """Look at schedules and alarms again: there are others now."""
    scheduling.changed()


def close() -> None:
    """End threads and function processes, and delete the data of clusters."""
    scheduling.close()
    awslambda.close()
    WAREHOUSES.close()


def _reset_moto() -> None:
    """Drop moto's backends.

    Its own reset builds each of them anew before dropping it, which takes most of a second once
    EC2 was used. Only S3's keeps something outside of memory that has to be let go of.
    """
    with backend_lock:
        for backends in list(BackendDict._instances):
            if backends.service_name == "s3":
                for account in backends.values():
                    account.reset()
            backends.clear()
        BackendDict._instances.clear()
    reset_model_data()
