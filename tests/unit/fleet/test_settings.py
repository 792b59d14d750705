"""The one environment that containers and native processes share."""

import shlex
from pathlib import Path

import pytest
from airflow.configuration import conf

from fleet.settings import ENV_FILE, native_settings, read_env_file, shared_settings


def test_all_faults_of_a_file_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "some.env"
    path.write_text("# why\nGOOD=1\nQUOTED='1'\n\nNO VALUE\nEXPANDED=$HOME\n")

    with pytest.raises(ValueError, match=r"some\.env:3") as caught:
        read_env_file(path)

    assert str(caught.value).count("\n") == 2
    for line in ("some.env:5", "some.env:6"):
        assert line in str(caught.value)


def test_native_secrets_take_the_place_of_the_containers(tmp_path: Path) -> None:
    settings = shared_settings(tmp_path)

    assert settings["AIRFLOW__CORE__FERNET_KEY_CMD"] == f"cat {tmp_path}/fernet_key"
    assert not any("/run/secrets" in value for value in settings.values())


def test_folder_with_a_blank_stays_one_word_of_the_command(tmp_path: Path) -> None:
    settings = shared_settings(tmp_path / "a folder")

    command = shlex.split(settings["AIRFLOW__CORE__FERNET_KEY_CMD"])
    assert command == ["cat", f"{tmp_path}/a folder/fernet_key"]


def test_native_parts_change_places_and_addresses_only(tmp_path: Path) -> None:
    native = native_settings(tmp_path, 1, dags_folder=tmp_path, plugins_folder=tmp_path)

    assert not set(native) & set(read_env_file(ENV_FILE))


def test_settings_are_those_that_airflow_has() -> None:
    known = {
        (section, option)
        for section, described in conf.configuration_description.items()
        for option in described["options"]
    }

    for name in read_env_file(ENV_FILE):
        _, section, option = name.lower().split("__")
        assert (section, option.removesuffix("_cmd")) in known, name
