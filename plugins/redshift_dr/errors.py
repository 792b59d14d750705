"""The errors of the Airflow side.

::

    RedshiftDrError
    +-- ConfigurationError (ValueError)   clusters.yaml is wrong; carries every fault
    +-- RunRequestError (ValueError)      the run's configuration is wrong; carries every fault

Failures of the backup function arrive as JSON and are mapped in :mod:`redshift_dr.invocation`.
"""

from collections.abc import Sequence


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
