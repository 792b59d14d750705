"""What is not modelled is refused, parameter by parameter."""

import botocore.session
import pytest
from moto.redshift.responses import RedshiftResponse

from sandbox.redshift.parameters import HONOURED, require_honoured
from sandbox.redshift.responses import SandboxRedshiftResponse

MODEL = botocore.session.get_session().get_service_model("redshift")


@pytest.mark.parametrize("operation", sorted(HONOURED))
def test_honoured_parameters_exist_and_the_operation_is_written(operation):
    shape = MODEL.operation_model(operation).input_shape
    known = set(shape.members) if shape is not None else set()
    assert HONOURED[operation] <= known
    method = botocore.xform_name(operation)
    assert hasattr(SandboxRedshiftResponse, method) or hasattr(RedshiftResponse, method)


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_every_other_parameter_is_refused_by_name(operation):
    shape = MODEL.operation_model(operation).input_shape
    honoured = HONOURED.get(operation)
    if honoured is None:
        with pytest.raises(NotImplementedError, match=operation):
            require_honoured(operation, {})
        return
    for parameter in set(shape.members if shape else ()) - honoured:
        with pytest.raises(NotImplementedError, match=f"{operation}.*{parameter}"):
            require_honoured(operation, {parameter: "value"})


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        (
            "create_event_subscription",
            {"SubscriptionName": "s", "SnsTopicArn": "arn:aws:sns:us-east-1:164543933824:t"},
        ),
        ("enable_snapshot_copy", {"ClusterIdentifier": "orders", "DestinationRegion": "us-west-2"}),
        ("enable_logging", {"ClusterIdentifier": "orders", "BucketName": "b"}),
        (
            "restore_table_from_cluster_snapshot",
            {
                "ClusterIdentifier": "orders",
                "SnapshotIdentifier": "a",
                "SourceDatabaseName": "dev",
                "SourceTableName": "t",
                "NewTableName": "u",
            },
        ),
    ],
)
def test_calls_that_would_only_pretend_answer_501(
    source, create_cluster, refusal, method, arguments
):
    create_cluster()
    assert refusal(getattr(source, method), **arguments) == ("NotImplementedInSandbox", 501)
