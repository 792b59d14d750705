"""Canaries: every place inside moto that the sandbox takes hold of is as it was looked at last.

The list is collected from the sandbox's own code, so that it cannot be incomplete without notice.
After an upgrade of moto read each place that is named here, then accept it with
``python -m tests.fidelity seams --write``.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fidelity import seams, suites

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    """The places of the installed moto, seen by a process in which no sandbox was started."""
    command = [sys.executable, "-m", "tests.fidelity", "seams"]
    done = subprocess.run(command, cwd=suites.ROOT, capture_output=True, text=True, check=True)
    places: dict[str, str] = json.loads(done.stdout)
    return places


def test_moto_has_everything_that_the_sandbox_uses(found: dict[str, str]) -> None:
    assert [name for name, fingerprint in found.items() if fingerprint == seams.GONE] == []


def test_no_place_has_changed_since_it_was_looked_at(found: dict[str, str]) -> None:
    known = seams.read()
    changed = {
        name: f"was {known[name]}, is {fingerprint}"
        for name, fingerprint in found.items()
        if name in known and known[name] != fingerprint
    }
    assert changed == {}, "moto has changed there: read it, then seams --write"


def test_every_place_is_known(found: dict[str, str]) -> None:
    known = seams.read()
    assert sorted(set(found) - set(known)) == [], "the sandbox uses more of moto: seams --write"
    assert sorted(set(known) - set(found)) == [], "moto lost these, or the sandbox let them go"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("moto.awslambda.models.LambdaFunction.no_such_method", seams.GONE),
        ("moto.no_such_service.models", seams.GONE),
        ("moto.iam.models.IAMBackend.access_keys", "set by IAMBackend"),
        ("moto.core.model_instances.reset_model_data", "() "),
    ],
)
def test_fingerprint_tells_what_is_there(name: str, expected: str) -> None:
    assert seams.fingerprint(name).startswith(expected)


def test_fingerprint_changes_with_what_a_place_takes_or_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    bodies = ("def f(self, a): return a", "def f(self, a, b): return a", "def f(self, a): return 1")
    fingerprints = set()
    for number, body in enumerate(bodies):
        module = f"pretended_{number}"
        (tmp_path / f"{module}.py").write_text(f"class C:\n    {body}\n")
        fingerprints.add(seams.fingerprint(f"{module}.C.f"))
    assert len(fingerprints) == len(bodies)


@pytest.mark.parametrize(
    "name",
    [
        "moto.awslambda.models.LambdaFunction",
        "moto.awslambda.models.lambda_backends.backend",
        "moto.core.base_backend.BackendDict._instances",
        "moto.core.base_backend.BaseBackend._url_module",
        "moto.kms.models.KmsBackend._generate_default_keys",
        "moto.kms.responses._assert_default_policy",
        "moto.moto_server.werkzeug_app.DomainDispatcherApplication.get_backend_for_host",
        "moto.redshift.models.redshift_backends.backend",
        "moto.redshift.responses.RedshiftResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER",
        "moto.sns.models.sns_backends.backend.publish",
        "moto.awslambda.urls.url_paths",
    ],
)
def test_collection_finds_swaps_overrides_and_private_names(
    found: dict[str, str], name: str
) -> None:
    assert name in found
