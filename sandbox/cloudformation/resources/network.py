"""AWS::EC2 and AWS::Redshift: networks, security groups, subnet groups for clusters.

Source: CloudFormation Template Reference, "Amazon EC2", "Amazon Redshift".
"""

from typing import Any

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    changed,
    pick,
    tag_changes,
    tag_list,
)

_NO_GROUP = ("InvalidGroup.NotFound", "InvalidGroupId.Malformed")


def _tag(client: Any, resource_id: str, old: Properties, new: Properties) -> None:
    to_set, to_remove = tag_changes(old, new)
    if to_set:
        client.create_tags(Resources=[resource_id], Tags=tag_list(to_set))
    if to_remove:
        client.delete_tags(Resources=[resource_id], Tags=[{"Key": key} for key in to_remove])


class Vpc(ResourceType):
    """A network."""

    type_name = "AWS::EC2::VPC"
    modelled = frozenset({"CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "Tags"})
    gone = ("InvalidVpcID.NotFound",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("ec2")
        vpc_id = client.create_vpc(CidrBlock=properties["CidrBlock"])["Vpc"]["VpcId"]
        context.exists(vpc_id)
        self._configure(client, vpc_id, {}, properties)
        of_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        groups = client.describe_security_groups(Filters=of_vpc)["SecurityGroups"]
        default = next(one["GroupId"] for one in groups if one["GroupName"] == "default")
        attributes = {"CidrBlock": properties["CidrBlock"], "DefaultSecurityGroup": default}
        return Made(vpc_id, attributes | {"VpcId": vpc_id})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._configure(context.client("ec2"), made.physical_id, old, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("ec2").delete_vpc(VpcId=made.physical_id)

    def _configure(self, client: Any, vpc_id: str, old: Properties, new: Properties) -> None:
        for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            wanted = new.get(name, default)
            if old.get(name, default) != wanted:
                client.modify_vpc_attribute(VpcId=vpc_id, **{name: {"Value": wanted}})
        _tag(client, vpc_id, old, new)


class Subnet(ResourceType):
    """A subnet."""

    type_name = "AWS::EC2::Subnet"
    modelled = frozenset({"AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"})
    gone = ("InvalidSubnetID.NotFound",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("ec2")
        request = pick(properties, ("AvailabilityZone", "CidrBlock", "VpcId"))
        subnet = client.create_subnet(**request)["Subnet"]
        context.exists(subnet["SubnetId"])
        self._configure(client, subnet["SubnetId"], {}, properties)
        shown = ("AvailabilityZone", "CidrBlock", "SubnetId", "VpcId")
        return Made(subnet["SubnetId"], pick(subnet, shown))

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._configure(context.client("ec2"), made.physical_id, old, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("ec2").delete_subnet(SubnetId=made.physical_id)

    def _configure(self, client: Any, subnet_id: str, old: Properties, new: Properties) -> None:
        name = "MapPublicIpOnLaunch"
        if old.get(name, False) != new.get(name, False):
            client.modify_subnet_attribute(
                SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": new.get(name, False)}
            )
        _tag(client, subnet_id, old, new)


class SecurityGroup(ResourceType):
    """A security group. Without egress rules of its own it keeps the one that AWS gives it."""

    type_name = "AWS::EC2::SecurityGroup"
    modelled = frozenset(
        {"GroupDescription", "GroupName", "SecurityGroupEgress", "SecurityGroupIngress", "Tags"}
        | {"VpcId"}
    )
    gone = _NO_GROUP

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("ec2")
        group_id = client.create_security_group(
            GroupName=properties.get("GroupName") or context.name(255),
            Description=properties["GroupDescription"],
            **pick(properties, ("VpcId",)),
        )["GroupId"]
        context.exists(group_id)
        self._set_rules(client, group_id, {}, properties)
        _tag(client, group_id, {}, properties)
        found = client.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
        return Made(group_id, {"GroupId": group_id, "Id": group_id, "VpcId": found["VpcId"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client = context.client("ec2")
        self._set_rules(client, made.physical_id, old, new)
        _tag(client, made.physical_id, old, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("ec2").delete_security_group(GroupId=made.physical_id)

    def _set_rules(self, client: Any, group_id: str, old: Properties, new: Properties) -> None:
        names = changed(old, new)
        for name, direction in (
            ("SecurityGroupIngress", "ingress"),
            ("SecurityGroupEgress", "egress"),
        ):
            if name not in names:
                continue
            before = old.get(name) or (_OPEN_EGRESS if direction == "egress" else [])
            after = new.get(name) or (_OPEN_EGRESS if direction == "egress" else [])
            for one in before:
                if one not in after:
                    _revoke(client, direction, group_id, one)
            for one in after:
                if one not in before:
                    _authorize(client, direction, group_id, one)


_OPEN_EGRESS = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]


def _authorize(client: Any, direction: str, group_id: str, rule: Properties) -> None:
    getattr(client, f"authorize_security_group_{direction}")(
        GroupId=group_id, IpPermissions=[_permission(rule)]
    )


def _revoke(client: Any, direction: str, group_id: str, rule: Properties) -> None:
    getattr(client, f"revoke_security_group_{direction}")(
        GroupId=group_id, IpPermissions=[_permission(rule)]
    )


def _permission(rule: Properties) -> dict[str, Any]:
    permission: dict[str, Any] = pick(rule, ("IpProtocol", "FromPort", "ToPort"))
    about = pick(rule, ("Description",))
    other = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    prefixes = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    if "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **about}]
    if other:
        permission["UserIdGroupPairs"] = [{"GroupId": other, **about}]
    if prefixes:
        permission["PrefixListIds"] = [{"PrefixListId": prefixes, **about}]
    return permission


class _Rule(ResourceType):
    direction: str
    replaces = frozenset({"Description"})
    gone = (*_NO_GROUP, "InvalidPermission.NotFound")

    def create(self, context: Context, properties: Properties) -> Made:
        _authorize(context.client("ec2"), self.direction, properties["GroupId"], properties)
        name = context.name(64)
        return Made(name, {"Id": name})

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        _revoke(context.client("ec2"), self.direction, properties["GroupId"], properties)


class SecurityGroupIngress(_Rule):
    """A rule for what comes in."""

    type_name = "AWS::EC2::SecurityGroupIngress"
    direction = "ingress"
    modelled = frozenset(
        {"CidrIp", "CidrIpv6", "Description", "FromPort", "GroupId", "IpProtocol"}
        | {"SourcePrefixListId", "SourceSecurityGroupId", "ToPort"}
    )


class SecurityGroupEgress(_Rule):
    """A rule for what goes out."""

    type_name = "AWS::EC2::SecurityGroupEgress"
    direction = "egress"
    modelled = frozenset(
        {"CidrIp", "CidrIpv6", "Description", "DestinationPrefixListId"}
        | {"DestinationSecurityGroupId", "FromPort", "GroupId", "IpProtocol", "ToPort"}
    )


class ClusterSubnetGroup(ResourceType):
    """The subnets that a Redshift cluster may be put in."""

    type_name = "AWS::Redshift::ClusterSubnetGroup"
    modelled = frozenset({"ClusterSubnetGroupName", "Description", "SubnetIds", "Tags"})
    replaces = frozenset({"ClusterSubnetGroupName"})
    gone = ("ClusterSubnetGroupNotFoundFault",)

    def create(self, context: Context, properties: Properties) -> Made:
        name = properties.get("ClusterSubnetGroupName") or context.name(255, lower=True)
        context.client("redshift").create_cluster_subnet_group(
            ClusterSubnetGroupName=name, **pick(properties, ("Description", "SubnetIds", "Tags"))
        )
        return Made(name, {"ClusterSubnetGroupName": name})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        # The sandbox's Redshift has no ModifyClusterSubnetGroup.
        self.delete(context, made, old)
        return self.create(context, {**new, "ClusterSubnetGroupName": made.physical_id})

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("redshift").delete_cluster_subnet_group(
            ClusterSubnetGroupName=made.physical_id
        )
