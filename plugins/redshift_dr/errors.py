"""The errors of the Airflow side.

::

    RedshiftDrError
    +-- ConfigurationError (ValueError)   clusters.yaml is wrong; carries every fault
    +-- RunRequestError (ValueError)      the run's configuration is wrong; carries every fault
    +-- CheckFilesError (ValueError)      SQL checks are wrong; carries every fault
    +-- DeploymentError                   a connection or the configuration lacks a fact
    +-- QueryError                        a query has no result
        +-- QueryDeadlineError            it did not end in time

Failures of the backup function arrive as JSON and are mapped in :mod:`redshift_dr.invocation`;
those of queries are in :mod:`redshift_dr.validation.data_api`.
"""

from collections.abc import Sequence
from pathlib import Path


class RedshiftDrError(Exception):
    """Base of all errors this package raises on its own account."""


class ConfigurationError(RedshiftDrError, ValueError):
    """The configuration file cannot be used, in whole or for some clusters.

    :param faults: one sentence per fault, each with file, line, cluster and field.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        noun = "fault" if len(self.faults) == 1 else "faults"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(
            f"{len(self.faults)} {noun} in the configuration; correct them and run "
            f"`python -m redshift_dr.config check`:\n{lines}"
        )


class RunRequestError(RedshiftDrError, ValueError):
    """A run was asked for something that cannot be done.

    :param faults: one sentence per fault, each naming the field.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            "The run's configuration is refused, nothing was changed: "
            + "; ".join(self.faults)
            + ". Correct it and trigger a new run."
        )


class CheckFilesError(RedshiftDrError, ValueError):
    """SQL checks of a cluster cannot be used; nothing was run.

    :param folder: where the files are.
    :param faults: one sentence per fault, each naming the file.
    """

    def __init__(self, folder: Path, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(
            f"{len(self.faults)} faults in the SQL checks of {folder.name}; nothing was run. "
            f"Correct them and clear validate:\n{lines}"
        )


class DeploymentError(RedshiftDrError):
    """A fact of the deployment is neither in the connection nor in the configuration."""
