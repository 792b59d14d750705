"""Which code made the evidence."""

from pathlib import Path

from redshift_dr.evidence.versions import code_versions, sources_sha256


def test_versions_are_told_by_distribution() -> None:
    versions = code_versions()

    assert versions["apache-airflow"] == "3.3.2"
    assert len(versions["redshift_dr SHA-256"]) == 64


def test_digest_changes_with_name_and_content_and_not_with_compiled_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = sources_sha256(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")

    assert sources_sha256(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    renamed = sources_sha256(tmp_path)
    (tmp_path / "b.py").write_text("2")
    assert len({first, renamed, sources_sha256(tmp_path)}) == 3
