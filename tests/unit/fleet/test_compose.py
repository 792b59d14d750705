"""The compose file and the image: checked by their text, because no container engine is at hand."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet.credentials import COMPOSE, ROOT, new_credentials
from fleet.services import COMMANDS, MIGRATE
from fleet.settings import CONTAINER_SECRETS, ENV_FILE, read_env_file

TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
AIRFLOW = (*COMMANDS, "airflow-init")
ONCE = "airflow-init"
STAGES = re.split(r"^FROM ", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)[1:]


def stage(name: str) -> str:
    (found,) = (text for text in STAGES if text.splitlines()[0].endswith(f" AS {name}"))
    return found


def copied(text: str) -> list[str]:
    return [
        source
        for line in re.findall(r"^COPY (.+)$", text, flags=re.M)
        for source in line.split()[:-1]
    ]


def test_every_part_of_the_native_fleet_is_a_service_with_the_same_command() -> None:
    commands = {name: tuple(SERVICES[name]["command"]) for name in COMMANDS}

    assert commands == COMMANDS
    assert tuple(SERVICES[ONCE]["command"]) == MIGRATE
    assert set(SERVICES) == {*AIRFLOW, "postgres", "redis", "sandbox"}


@pytest.mark.parametrize("name", AIRFLOW)
def test_part_of_airflow_reads_the_settings_that_the_native_fleet_reads(name: str) -> None:
    first = SERVICES[name]["env_file"][0]

    assert ROOT / first == ENV_FILE


@pytest.mark.parametrize("name", SERVICES)
def test_service_does_not_run_as_root(name: str) -> None:
    user = str(SERVICES[name]["user"])

    assert user.partition(":")[0] not in ("", "0", "root")
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {ONCE}))
def test_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]

    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= set(check)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"airflow-init"}))
def test_service_comes_back_after_a_crash(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", COMMANDS)
def test_part_of_airflow_waits_for_what_it_stands_on(name: str) -> None:
    conditions = {on: how["condition"] for on, how in SERVICES[name]["depends_on"].items()}

    assert conditions == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        ONCE: "service_completed_successfully",
        "sandbox": "service_healthy",
    }
    assert SERVICES[name]["depends_on"]["sandbox"]["required"] is False


@pytest.mark.parametrize("field", ["container_name", "hostname", "ports"])
def test_worker_holds_nothing_that_only_one_of_them_can_have(field: str) -> None:
    assert field not in SERVICES["worker"]


def test_secrets_come_from_what_make_secrets_writes_and_stand_nowhere_else() -> None:
    made = new_credentials(COMPOSE)

    assert {name: {"environment": name.upper()} for name in made} == FILE["secrets"]
    plain = read_env_file(ENV_FILE) | {
        name: str(value)
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    }
    secret = re.compile(r"PASSWORD(?!S?_FILE)|SECRET|FERNET|CONN|BROKER_URL|RESULT_BACKEND")
    for name, value in plain.items():
        if secret.search(name):
            assert value.startswith(f"cat {CONTAINER_SECRETS}/"), name


@pytest.mark.parametrize("name", AIRFLOW)
def test_part_of_airflow_is_given_every_secret_that_its_settings_read(name: str) -> None:
    read = {
        value.removeprefix(f"cat {CONTAINER_SECRETS}/")
        for value in read_env_file(ENV_FILE).values()
        if CONTAINER_SECRETS in value
    }

    assert read <= set(SERVICES[name]["secrets"])


def test_only_the_api_server_knows_the_administrators_password() -> None:
    knowing = [name for name in SERVICES if "admin_password" in SERVICES[name].get("secrets", ())]

    assert knowing == ["api-server"]


def test_only_the_api_server_is_reached_from_outside_and_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(ports) == ["api-server"]
    assert all(port.startswith("127.0.0.1:") for port in ports["api-server"])


def test_images_are_pinned_to_a_version() -> None:
    built = {name for name, service in SERVICES.items() if "build" in service}
    images = [SERVICES[name]["image"] for name in SERVICES if name not in built]
    images += [text.split()[0] for text in STAGES]

    assert built == {*AIRFLOW, "sandbox"}
    for image in images:
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(\.\d+)?-(slim-)?bookworm", image), image


@pytest.mark.parametrize("name", ["airflow", "sandbox"])
def test_image_is_built_of_what_is_there_and_not_run_as_root(name: str) -> None:
    text = stage(name)

    for source in copied(text):
        assert (ROOT / source).exists(), source
        allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        assert f"!{source}" in allowed
    users = re.findall(r"^USER (\S+)$", text, flags=re.M)
    assert users == ["50000:0"]


def test_image_of_airflow_holds_the_package_and_locked_requirements_and_no_sandbox() -> None:
    text = stage("airflow")

    assert {"dags", "plugins", "include", "requirements.txt"} <= set(copied(text))
    for name in ("requirements.txt", "requirements-fleet.txt"):
        assert f"pip install --require-hashes -r /tmp/{name}" in text
    assert "sandbox" not in copied(text)


def test_sandbox_is_there_only_when_asked_for_and_its_traces_are_kept_in_memory() -> None:
    assert SERVICES["sandbox"]["profiles"] == ["sandbox"]
    assert not any("profiles" in SERVICES[name] for name in SERVICES if name != "sandbox")
    assert FILE["volumes"]["sandbox"]["driver_opts"]["type"] == "tmpfs"


def test_named_volumes_are_all_declared() -> None:
    used = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
    }

    assert used == set(FILE["volumes"])


def test_what_make_secrets_writes_is_never_committed() -> None:
    ignored = Path(ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert {"/.env", "/connections.env", "/.run/"} <= set(ignored)
