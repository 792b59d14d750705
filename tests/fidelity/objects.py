"""Attributes of moto's objects that the sandbox uses and that no name in its code leads to."""

_ATTRIBUTES = {
    "moto.awslambda.models.EventInvokeConfig": "config",
    "moto.awslambda.models.LambdaFunction": (
        "code code_or_config_updated event_invoke_config function_arn layers package_type policy "
        "reserved_concurrency"
    ),
    "moto.awslambda.policy.Policy": "statements",
    "moto.core.base_backend.BackendDict": "service_name",
    "moto.ec2.models.security_groups.SecurityGroup": "id",
    "moto.ec2.models.vpcs.VPC": "id",
    "moto.iam.models.AccessKey": "access_key_id secret_access_key status",
    "moto.iam.models.Role": "arn name",
    "moto.kms.models.Grant": "grantee_principal operations",
    "moto.kms.models.Key": "arn enabled grants key_manager key_spec key_state policy region",
    "moto.logs.models.LogGroup": "put_log_events",
    "moto.redshift.models.ParameterGroup": "name",
    "moto.redshift.models.SubnetGroup": "subnets vpc_id",
    "moto.redshift.models.TaggableResourceMixin": "create_tags delete_tags",
    "moto.s3.models.FakeBucket": "get_permission keys region_name",
    "moto.s3.models.FakeKey": "value",
    "moto.secretsmanager.models.FakeSecret": "arn tags",
    "moto.sts.models.AssumedRole": "access_key_id secret_access_key session_token",
}
OBJECTS = frozenset(
    f"{owner}.{attribute}" for owner, names in _ATTRIBUTES.items() for attribute in names.split()
)
