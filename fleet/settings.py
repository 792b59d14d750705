"""The one environment of the distributed Airflow, as the compose file and ``make fleet`` use it."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from fleet.credentials import ROOT

ENV_FILE = ROOT / "fleet" / "airflow.env"
CONTAINER_SECRETS = "/run/secrets"


def read_env_file(path: Path) -> dict[str, str]:
    """Read lines of ``NAME=value``; what is empty or begins with ``#`` says nothing.

    :raises ValueError: lines that are something else, all at once. Quotes and ``$`` are refused,
        because Compose would read them differently.
    """
    variables, faults = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, found, value = line.partition("=")
        if not found or not name.isidentifier() or set(value) & set("\"'$#"):
            faults.append(f"{path.name}:{number}: not NAME=value without quotes: {line!r}")
        variables[name] = value
    if faults:
        raise ValueError("\n".join(faults))
    return variables


def shared_settings(secrets_folder: Path) -> dict[str, str]:
    """Return what the compose file gives every part, with the secrets in another folder."""
    # Airflow splits a command as a shell does.
    folder = shlex.quote(str(secrets_folder))
    return {
        name: value.replace(CONTAINER_SECRETS, folder)
        for name, value in read_env_file(ENV_FILE).items()
    }


def native_settings(
    folder: Path, port: int, *, dags_folder: Path, plugins_folder: Path
) -> Mapping[str, str]:
    """Return what is different where all parts are on one machine: places and addresses.

    :param folder: the fleet's own.
    :param port: of the API and the UI, on loopback.
    """
    url = f"http://127.0.0.1:{port}"
    return {
        "FLEET_SECRETS": str(folder / "secrets"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags_folder),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        # The volume that the containers share.
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
        "NO_COLOR": "1",
    }
