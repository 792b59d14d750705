"""Moto's source package comes from the index that pip is configured for, or not at all."""

from pathlib import Path

import pytest

from tests.fidelity import suites


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it, and a pip without an index."""
    monkeypatch.setattr(suites, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    return tmp_path / "cache"


def test_without_an_index_the_reason_is_told(empty_cache: Path) -> None:
    with pytest.raises(suites.SourceUnreachableError, match="moto==5"):
        suites.fetch()
    assert not list(empty_cache.glob("moto-*"))


def test_package_with_another_hash_is_an_error(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pip compares the hashes before it looks into the file.
    (tmp_path / f"moto-{suites.MOTO_VERSION}.tar.gz").write_bytes(b"something else")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(RuntimeError, match="HASHES"):
        suites.fetch()
    assert not (empty_cache / f"moto-{suites.MOTO_VERSION}").exists()


def test_package_in_the_cache_is_not_fetched_again(empty_cache: Path) -> None:
    source = empty_cache / f"moto-{suites.MOTO_VERSION}"
    source.mkdir(parents=True)
    (empty_cache / "freezegun-1-py3-none-any.whl").touch()
    assert suites.fetch() == source
