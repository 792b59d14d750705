"""What may be said about a further notifier in ``clusters.yaml``."""

import inspect
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Annotated, Any

from pydantic import Field, StringConstraints, field_validator

from redshift_dr.config.base import Model


class NotifierConfig(Model):
    """Any Airflow notifier, told of everything beside SNS.

    :param path: import path of its class.
    :param arguments: its arguments; templates may use ``alert.subject``, ``alert.message`` and the
        other facts of a message.
    """

    path: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]
    arguments: Annotated[dict[str, Any], Field(default_factory=dict)]

    @field_validator("path")
    @classmethod
    def _module_is_installed(cls, value: str) -> str:
        # Found, not imported: every task and every parse of a DAG file comes by here, and a
        # provider takes longer to import than the rest of the configuration takes to read.
        module = value.rpartition(".")[0]
        try:
            found = find_spec(module) is not None
        except (ImportError, ValueError):
            found = False
        if not found:
            raise ValueError(f"{value}: there is no module {module}; install its package")
        return value

    def fault(self) -> str | None:
        """Why it cannot be made of its arguments, ``None`` if it can; this imports it."""
        try:
            notifier = resolve_name(self.path)
        except (ImportError, AttributeError) as error:
            return f"{self.path} cannot be imported: {error}"
        if not inspect.isclass(notifier) or not callable(getattr(notifier, "notify", None)):
            return f"{self.path} is no notifier; name a class that extends BaseNotifier"
        try:
            inspect.signature(notifier).bind(**self.arguments)
        except TypeError as error:
            return f"{self.path} does not take these arguments: {error}"
        return None
