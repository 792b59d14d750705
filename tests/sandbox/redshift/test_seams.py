"""The places in moto that the sandbox's Redshift hangs on: a new moto fails here, by name."""

import inspect
from importlib.metadata import version

import moto.kms.models
import moto.redshift.models
import moto.redshift.responses
import moto.secretsmanager.models
from moto.core.base_backend import BaseBackend
from moto.core.responses import BaseResponse

from sandbox.clock import CLOCK
from sandbox.kms import SandboxKmsBackend
from sandbox.redshift import install
from sandbox.redshift.models import SandboxRedshiftBackend
from sandbox.redshift.responses import SandboxRedshiftResponse


def test_moto_is_the_version_that_was_measured():
    assert version("moto") == "5.2.5"


def test_backends_are_made_from_the_attribute_that_install_sets(sandbox):
    for backends, expected in (
        (moto.redshift.models.redshift_backends, SandboxRedshiftBackend),
        (moto.kms.models.kms_backends, SandboxKmsBackend),
    ):
        assert backends.backend is expected
        assert type(backends["111122223333"]["us-east-1"]) is expected


def test_install_twice_changes_nothing(sandbox):
    backend = moto.redshift.models.redshift_backends["164543933824"]["us-east-1"]
    listeners = list(CLOCK._listeners)
    install()
    assert moto.redshift.models.redshift_backends["164543933824"]["us-east-1"] is backend
    assert listeners == CLOCK._listeners


def test_routes_are_found_next_to_the_models_module():
    source = inspect.getsource(BaseBackend._url_module.fget)
    assert 'rstrip("models") + "urls"' in source


def test_response_methods_are_found_by_the_actions_name():
    source = inspect.getsource(BaseResponse.call_action)
    assert "camelcase_to_underscores(self._get_action())" in source
    assert "except ServiceException" in source
    assert "raise NotImplementedError" in source


def test_parameters_are_parsed_by_the_model():
    assert moto.redshift.responses.RedshiftResponse().automated_parameter_parsing is True


def test_moto_still_forces_a_status_that_the_sandbox_must_not_have():
    forced = moto.redshift.responses.RedshiftResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER
    assert "CreateClusterResult.Cluster.ClusterStatus" in forced
    assert SandboxRedshiftResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER == {}


def test_reserved_aliases_are_made_by_the_method_that_is_overridden(sandbox):
    parameters = inspect.signature(moto.kms.models.KmsBackend._generate_default_keys).parameters
    assert list(parameters) == ["self", "alias_name"]
    source = inspect.getsource(moto.kms.models.KmsBackend.get_key_id_from_alias)
    assert "_generate_default_keys" in source


def test_managed_secrets_have_their_own_constructor():
    parameters = inspect.signature(
        moto.secretsmanager.models.SecretsManagerBackend.create_managed_secret
    ).parameters
    assert {"service_name", "secret_id", "secret_string", "tags"} <= set(parameters)


def test_reset_forgets_everything(sandbox, source, create_cluster):
    create_cluster()
    sandbox.reset()
    assert source.describe_clusters()["Clusters"] == []
    assert source.describe_cluster_snapshots()["Snapshots"] == []
    assert source.describe_events()["Events"] == []
