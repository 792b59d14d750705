"""What the sandbox relies on inside moto: an upgrade that moves it fails here, with a name."""

import inspect

import moto
from moto.core.base_backend import BackendDict
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.responses import BaseResponse
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


def test_version_is_the_one_that_was_read():
    assert moto.__version__ == "5.2.5"


def test_account_header_comes_before_the_access_key():
    source = inspect.getsource(BaseResponse.get_current_account)
    assert source.index("x-moto-account-id") < source.index("get_account_id_from")


def test_unknown_access_keys_fall_to_moto_s_default_account():
    assert get_account_id_from("AKIANOBODYSKEY000000") == "123456789012"


def test_access_keys_are_a_dictionary_of_the_iam_backend(sandbox):
    iam = iam_backends["164543933824"]["aws"]
    assert iam.access_keys["AKIASANDBOXSOURCE001"].access_key_id == "AKIASANDBOXSOURCE001"


def test_dispatcher_asks_for_a_backend_by_host():
    assert "get_backend_for_host" in vars(DomainDispatcherApplication)
    assert callable(create_backend_app)


def test_exceptions_leave_moto_s_web_framework():
    app = create_backend_app("sns")
    assert app.debug, "Flask hands exceptions on only in debug mode"


def test_every_backend_registers_itself_for_a_reset(sandbox):
    sandbox.client("sns").list_topics()
    assert "sns" in {backends.service_name for backends in BackendDict._instances}


def test_common_error_codes_can_be_extended():
    assert isinstance(COMMON_ERROR_CODES, list)
