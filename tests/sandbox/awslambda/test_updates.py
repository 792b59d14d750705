"""Functions change: code, configuration, versions, aliases, and what is refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.awslambda.conftest import ECHO, PID, SOURCE, Deploy, Function, zip_of


def _returns(value: str) -> str:
    return f"def handler(event, context):\n    return {value!r}\n"


def test_new_code_runs_at_once(deploy: Deploy) -> None:
    function = deploy(_returns("old"))
    before = function.client().get_function_configuration(FunctionName="fn")["CodeSha256"]
    assert function.result() == "old"

    answer = function.client().update_function_code(
        FunctionName="fn", ZipFile=zip_of(_returns("new"))
    )

    assert function.result() == "new"
    assert answer["CodeSha256"] != before


def test_new_configuration_takes_effect(deploy: Deploy) -> None:
    code = "import os\ndef handler(event, context):\n    return os.environ.get('MODE')\n"
    function = deploy(code + "def other(event, context):\n    return 'other'\n")
    assert function.result() is None

    update = function.client().update_function_configuration
    update(FunctionName="fn", Environment={"Variables": {"MODE": "on"}})
    assert function.result() == "on"

    update(FunctionName="fn", Handler="app.other")
    assert function.result() == "other"


def test_a_warm_environment_is_used_again(deploy: Deploy) -> None:
    function = deploy(PID)

    assert len({function.result() for _ in range(5)}) == 1


def test_versions_and_aliases_run_their_own_code(deploy: Deploy) -> None:
    code = (
        "def handler(event, context):\n"
        "    return [{}, context.function_version, context.invoked_function_arn]\n"
    )
    function = deploy(code.format(1))
    client = function.client()
    client.publish_version(FunctionName="fn")
    client.update_function_code(FunctionName="fn", ZipFile=zip_of(code.format(2)))
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
    arn = f"arn:aws:lambda:us-east-1:{SOURCE}:function:fn"

    assert function.result() == [2, "$LATEST", arn]
    assert function.result(Qualifier="$LATEST") == [2, "$LATEST", f"{arn}:$LATEST"]
    assert function.result(Qualifier="1") == [1, "1", f"{arn}:1"]
    assert function.result(Qualifier="live") == [1, "1", f"{arn}:live"]
    assert function.result(FunctionName="fn:live") == [1, "1", f"{arn}:live"]
    assert function.result(FunctionName=f"{arn}:live") == [1, "1", f"{arn}:live"]
    assert function.call(Qualifier="live")["ExecutedVersion"] == "1"


def test_unchanged_code_is_published_once(deploy: Deploy) -> None:
    function = deploy(ECHO)
    client = function.client()
    client.update_function_code(FunctionName="fn", ZipFile=zip_of(PID))

    versions = [client.publish_version(FunctionName="fn")["Version"] for _ in range(2)]

    assert versions == ["1", "1"]


def test_a_deleted_function_is_gone(deploy: Deploy) -> None:
    function = deploy(ECHO)
    function.result()

    function.client().delete_function(FunctionName="fn")

    with pytest.raises(ClientError) as caught:
        function.call()
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"Timeout": 901}, "less than or equal to 900"),
    ({"MemorySize": 10_241}, "less than or equal to 10240"),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "reserved keys.*AWS_REGION"),
    ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "4KB limit"),
]


@pytest.mark.parametrize(("configuration", "message"), REFUSED)
def test_bad_configuration_is_refused(
    deploy: Deploy, configuration: dict[str, Any], message: str
) -> None:
    function = deploy(ECHO)

    with pytest.raises(ClientError, match=message):
        function.client().update_function_configuration(FunctionName="fn", **configuration)
    with pytest.raises(ClientError, match=message):
        deploy(ECHO, name="other", **configuration)

    assert function.result({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"no zip", "Could not unzip"), (zip_of({"../out.py": ""}), "leads out of it")],
)
def test_bad_code_is_refused_and_the_old_code_stays(
    deploy: Deploy, body: bytes, message: str
) -> None:
    function: Function = deploy(ECHO)

    with pytest.raises(ClientError, match=message):
        function.client().update_function_code(FunctionName="fn", ZipFile=body)

    assert function.result({"a": 1}) == {"a": 1}
