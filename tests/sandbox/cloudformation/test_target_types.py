"""Types that the account for restores needs: key, bucket, network, roles, secrets."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cloudformation.conftest import ROLE
from tests.sandbox.cloudformation.test_source_types import att, ref, resource

TRUST = ROLE["Properties"]["AssumeRolePolicyDocument"]


def statement(action: str, **more: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*", **more}],
    }


def bucket(days: int, **more: Any) -> dict[str, Any]:
    return resource(
        "S3::Bucket",
        {
            "BucketName": "evidence",
            "ObjectLockEnabled": True,
            "ObjectLockConfiguration": {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": days}},
            },
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": att("Key", "Arn"),
                        },
                    }
                ]
            },
            "VersioningConfiguration": {"Status": "Enabled"},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "old",
                        "Status": "Enabled",
                        "Prefix": "reports/",
                        "ExpirationInDays": days * 10,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 30}],
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    }
                ]
            },
        },
        **more,
    )


def evidence(days: int, **more: Any) -> dict[str, Any]:
    policy = statement(
        "kms:*", Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
    )
    deny = statement("s3:*", Principal="*", Effect="Deny")
    deny["Statement"][0]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    deny["Statement"][0]["Resource"] = [att("Bucket", "Arn"), {"Fn::Sub": "${Bucket.Arn}/*"}]
    return {
        "Key": resource(
            "KMS::Key",
            {"KeyPolicy": policy, "EnableKeyRotation": True, "Description": f"{days} days"},
        ),
        "Alias": resource("KMS::Alias", {"AliasName": "alias/dr", "TargetKeyId": ref("Key")}),
        "Bucket": bucket(days, **more),
        "Policy": resource("S3::BucketPolicy", {"Bucket": ref("Bucket"), "PolicyDocument": deny}),
    }


def test_an_evidence_bucket_has_all_that_was_asked_for_and_is_changed(
    sandbox: Any, create: Any, update: Any
) -> None:
    assert create(evidence(5))["StackStatus"] == "CREATE_COMPLETE"
    s3, kms = sandbox.client("s3"), sandbox.client("kms")
    name = {"Bucket": "evidence"}
    [rule] = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert kms.describe_key(KeyId="alias/dr")["KeyMetadata"]["Arn"] == key
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    assert s3.get_bucket_versioning(**name)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_ownership_controls(**name)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "BucketOwnerEnforced"}
    ]
    lock = s3.get_object_lock_configuration(**name)["ObjectLockConfiguration"]
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 5)
    [rule] = s3.get_bucket_lifecycle_configuration(**name)["Rules"]
    assert (rule["Expiration"], rule["Filter"]) == ({"Days": 50}, {"Prefix": "reports/"})
    assert rule["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER"}]
    policy = json.loads(s3.get_bucket_policy(**name)["Policy"])
    assert policy["Statement"][0]["Resource"][1] == "arn:aws:s3:::evidence/*"

    assert update(evidence(6))["StackStatus"] == "UPDATE_COMPLETE"
    lock = s3.get_object_lock_configuration(**name)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"]["Days"] == 6
    assert s3.get_bucket_lifecycle_configuration(**name)["Rules"][0]["Expiration"] == {"Days": 60}
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "6 days"


def test_deletion_fails_for_a_bucket_that_is_not_empty_and_goes_on_later(
    sandbox: Any, create: Any, cloudformation: Any, events: Any
) -> None:
    create({"Bucket": resource("S3::Bucket", {}), "Topic": resource("SNS::Topic", {})})
    s3 = sandbox.client("s3")
    [name] = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert name.startswith("stack-bucket-")
    s3.put_object(Bucket=name, Key="report", Body=b"1")
    cloudformation.delete_stack(StackName="stack")
    [stack] = cloudformation.describe_stacks(StackName="stack")["Stacks"]
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == ("The following resource(s) failed to delete: [Bucket]. ")
    failed = [one for one in events() if one[1] == "DELETE_FAILED"]
    assert "not empty" in str(failed[0][2])
    s3.delete_object(Bucket=name, Key="report")
    cloudformation.delete_stack(StackName="stack")
    with pytest.raises(ClientError, match="Stack with id stack does not exist"):
        cloudformation.describe_stacks(StackName="stack")
    assert s3.list_buckets()["Buckets"] == []


def test_deletion_keeps_what_is_retained_and_schedules_the_key(
    sandbox: Any, create: Any, cloudformation: Any
) -> None:
    stack = create(evidence(5, DeletionPolicy="Retain"))
    cloudformation.delete_stack(StackName="stack")
    [gone] = cloudformation.describe_stacks(StackName=stack["StackId"])["Stacks"]
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert [one["Name"] for one in sandbox.client("s3").list_buckets()["Buckets"]] == ["evidence"]
    kms = sandbox.client("kms")
    states = [
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        for key in kms.list_keys()["Keys"]
    ]
    assert states == ["PendingDeletion"]


def test_network_and_subnet_group_of_a_cluster(
    sandbox: Any, create: Any, update: Any, cloudformation: Any
) -> None:
    def resources(description: str, egress: list[Any]) -> dict[str, Any]:
        return {
            "Vpc": resource("EC2::VPC", {"CidrBlock": "10.9.0.0/16", "EnableDnsHostnames": True}),
            "Subnet": resource(
                "EC2::Subnet",
                {
                    "VpcId": ref("Vpc"),
                    "CidrBlock": "10.9.1.0/24",
                    "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
                },
            ),
            "Group": resource(
                "EC2::SecurityGroup",
                {
                    "GroupDescription": "drills",
                    "VpcId": ref("Vpc"),
                    "SecurityGroupEgress": egress,
                },
            ),
            "Subnets": resource(
                "Redshift::ClusterSubnetGroup",
                {"Description": description, "SubnetIds": [ref("Subnet")]},
            ),
        }

    local = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.9.0.0/16"}]
    assert create(resources("one", local))["StackStatus"] == "CREATE_COMPLETE"
    ec2, redshift = sandbox.client("ec2"), sandbox.client("redshift")

    def group() -> Any:
        found = ec2.describe_security_groups(
            Filters=[{"Name": "description", "Values": ["drills"]}]
        )
        return found["SecurityGroups"][0]

    assert group()["IpPermissions"] == []
    assert [one["FromPort"] for one in group()["IpPermissionsEgress"]] == [443]
    names = redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    mine = next(one for one in names if one["Description"] == "one")
    assert mine["ClusterSubnetGroupName"].startswith("stack-subnets-")

    assert update(resources("two", []))["StackStatus"] == "UPDATE_COMPLETE"
    assert [one["IpProtocol"] for one in group()["IpPermissionsEgress"]] == ["-1"]
    cloudformation.delete_stack(StackName="stack")
    left = redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    assert mine["ClusterSubnetGroupName"] not in [one["ClusterSubnetGroupName"] for one in left]


def test_roles_and_policies_follow_the_template(
    sandbox: Any, create: Any, update: Any, cloudformation: Any
) -> None:
    def resources(action: str, inline: str) -> dict[str, Any]:
        return {
            "Role": resource(
                "IAM::Role",
                {
                    "RoleName": "restorer",
                    "AssumeRolePolicyDocument": TRUST,
                    "Policies": [{"PolicyName": inline, "PolicyDocument": statement(action)}],
                },
            ),
            "Policy": resource(
                "IAM::Policy",
                {
                    "PolicyName": "beside",
                    "PolicyDocument": statement(action),
                    "Roles": [ref("Role")],
                },
            ),
            "Managed": resource(
                "IAM::ManagedPolicy",
                {"PolicyDocument": statement(action), "Roles": [ref("Role")]},
            ),
        }

    assert create(resources("s3:GetObject", "first"))["StackStatus"] == "CREATE_COMPLETE"
    assert update(resources("s3:PutObject", "second"))["StackStatus"] == "UPDATE_COMPLETE"
    iam = sandbox.client("iam")
    assert sorted(iam.list_role_policies(RoleName="restorer")["PolicyNames"]) == [
        "beside",
        "second",
    ]
    for name in ("beside", "second"):
        document = iam.get_role_policy(RoleName="restorer", PolicyName=name)["PolicyDocument"]
        assert document["Statement"][0]["Action"] == "s3:PutObject"
    [attached] = iam.list_attached_role_policies(RoleName="restorer")["AttachedPolicies"]
    policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
    version = iam.get_policy_version(
        PolicyArn=attached["PolicyArn"], VersionId=policy["DefaultVersionId"]
    )["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Action"] == "s3:PutObject"
    cloudformation.delete_stack(StackName="stack")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="restorer")
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_secret_is_made_up(sandbox: Any, create: Any) -> None:
    wanted = {"SecretStringTemplate": '{"username": "drill"}', "GenerateStringKey": "password"}
    properties = {"Name": "drill", "GenerateSecretString": {**wanted, "PasswordLength": 20}}
    create({"Secret": resource("SecretsManager::Secret", properties)})
    found = sandbox.client("secretsmanager").get_secret_value(SecretId="drill")["SecretString"]
    secret = json.loads(found)
    assert (secret["username"], len(secret["password"])) == ("drill", 20)
