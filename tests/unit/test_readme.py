"""The README promises nothing that is not there."""

import json
import re
from pathlib import Path

import pytest
import yaml

from redshift_dr.config import load_fleet

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/contract.md"]
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
TEST_NAME = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CODE = re.compile(r"`([^`\n]+)`")
TOP_LEVEL = ("dags", "demo", "docs", "include", "lambda", "plugins", "sandbox", "tests", ".ci")


def fences(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return [body for name, body in FENCE.findall(text) if name == language]


def named_paths(text: str) -> set[str]:
    """Return what looks like a path of this repository in code spans outside fences."""
    spans = CODE.findall(FENCE.sub("", text))
    words = {word.partition("::")[0].rstrip(".,") for span in spans for word in span.split()}
    return {
        word
        for word in words
        if word.split("/")[0] in TOP_LEVEL and "/" in word and not re.search(r"[<>{}*]", word)
    }


def test_readme_is_short():
    assert len(TEXT.splitlines()) <= 150


def test_every_promise_names_a_test_that_exists():
    names = TEST_NAME.findall(TEXT)
    assert len(names) >= 10
    missing = [
        f"{path}::{name}"
        for path, name in names
        if not (ROOT / path).exists()
        or not re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert missing == []


def test_every_row_of_the_promises_has_a_place_and_a_test():
    table = TEXT.partition("## Promises")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert rows
    for row in rows:
        _, _, place, test, _ = (cell.strip() for cell in row.split("|"))
        assert re.search(r"`(lambda|plugins|dags)/", place), row
        assert TEST_NAME.search(test), row


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_named_path_exists(document: str):
    paths = named_paths((ROOT / document).read_text(encoding="utf-8"))
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_every_path_of_the_tree_exists():
    (tree,) = [body for body in fences("README.md", "text") if "redshift_backup.py" in body]
    folder = ""
    for line in tree.splitlines():
        name = line.split()[0] if line.strip() else ""
        if not line.startswith(" "):
            folder = name if name.endswith("/") else ""
        path = ROOT / (folder if line.startswith(" ") else "") / name
        assert path.exists(), line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_fenced_json_and_yaml_parse(document: str):
    for body in fences(document, "json"):
        json.loads(body)
    for body in fences(document, "yaml"):
        yaml.safe_load(body)


def test_the_configuration_of_the_readme_is_accepted(tmp_path: Path):
    (body,) = fences("README.md", "yaml")
    file = tmp_path / "clusters.yaml"
    file.write_text(body)
    fleet = load_fleet(file)
    assert fleet.faults == ()
    assert list(fleet.clusters) == ["aca-redshift-cluster"]


def test_every_make_target_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", " ".join(CODE.findall(TEXT))))
    assert named <= targets


def test_configuration_table_names_every_variable_of_the_function():
    settings = (ROOT / "lambda/redshift_backup/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"([A-Z][A-Z_]+)"', settings)) - {"EVIDENCE_BUCKET"}
    assert read
    page = (ROOT / "docs/environment.md").read_text(encoding="utf-8")
    assert read <= set(re.findall(r"`([A-Z][A-Z_]+)`", page))
