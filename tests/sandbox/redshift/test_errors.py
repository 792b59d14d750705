"""The codes the sandbox can answer with are those of botocore's service model."""

import re
from pathlib import Path

import botocore.session
import pytest

import sandbox.redshift
from sandbox.redshift.errors import ErrorCode, RedshiftError

MODEL = botocore.session.get_session().get_service_model("redshift")
DECLARED = {
    shape.metadata["error"]["code"]: shape.metadata["error"]["httpStatusCode"]
    for shape in MODEL.error_shapes
}


@pytest.mark.parametrize("code", list(ErrorCode))
def test_code_is_declared_and_answered_with_the_models_status(code, source, monkeypatch, refusal):
    from sandbox.redshift.models import SandboxRedshiftBackend

    def fail(self: object) -> None:
        raise RedshiftError(code.value, "as ordered")

    monkeypatch.setattr(SandboxRedshiftBackend, "storage", fail)
    assert refusal(source.describe_storage) == (code.value, DECLARED[code.value])


def test_every_code_in_the_list_is_used():
    package = Path(sandbox.redshift.__file__).parent
    text = "".join(path.read_text() for path in package.glob("*.py") if path.stem != "errors")
    used = set(re.findall(r"ErrorCode\.([A-Z_]+)", text))
    assert used == {code.name for code in ErrorCode}


def test_codes_are_raised_by_name_only():
    package = Path(sandbox.redshift.__file__).parent
    for path in package.glob("*.py"):
        if path.stem != "errors":
            assert "RedshiftError(" not in path.read_text()
            assert "RedshiftClientError" not in path.read_text()
