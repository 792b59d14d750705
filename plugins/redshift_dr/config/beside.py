"""The files beside ``clusters.yaml`` that its clusters use: SQL checks and alert messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError

from redshift_dr.config.fleet import Fleet
from redshift_dr.validation.check_files import missing_folder, read_folder


@dataclass(frozen=True)
class Beside:
    """What was found.

    :param checks: the number of good SQL checks by cluster.
    :param faults: one sentence for each fault, with file and line.
    """

    checks: dict[str, int]
    faults: tuple[str, ...]


def read_beside(fleet: Fleet) -> Beside:
    """Read the SQL checks of each cluster and ``alerts/*.jinja`` beside the configuration.

    A message is parsed only; which variables it may use depends on what it is about.
    """
    checks: dict[str, int] = {}
    faults: dict[str, None] = {}
    for name, cluster in fleet.clusters.items():
        folder = fleet.path.parent / "validation" / cluster.checks_folder
        found, wrong = read_folder(folder)
        checks[name] = len(found)
        faults |= dict.fromkeys(f"{folder / fault}" for fault in wrong)
        missing = missing_folder(folder, name)
        if missing:
            faults[f"cluster {name}: {missing}"] = None
    faults |= dict.fromkeys(_template_faults(fleet.path.parent / "alerts"))
    return Beside(checks, tuple(faults))


def _template_faults(folder: Path) -> Iterator[str]:
    # The extension is one that Airflow's own templates have.
    environment = Environment(extensions=["jinja2.ext.do"])
    for path in sorted(folder.glob("*.jinja")):
        try:
            environment.parse(path.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            yield f"{path}:{error.lineno}: is not a Jinja template: {error.message}"
        except (OSError, UnicodeDecodeError) as error:
            yield f"{path}:1: cannot be read as UTF-8: {error}"
