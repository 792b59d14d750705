"""AWS::SNS and AWS::SQS: topics, subscriptions, queues, and their policies.

Source: CloudFormation Template Reference, "Amazon SNS", "Amazon SQS".
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    changed,
    pick,
    refuse_existing,
    tag_changes,
    tag_list,
    tag_map,
)

_TOPIC_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_TOPIC_DEFAULTS = {"SignatureVersion": "1", "TracingConfig": "PassThrough"}
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
_SUBSCRIPTION_DEFAULTS = {"FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false"}
_QUEUE_DEFAULTS: Mapping[str, str] = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def _attributes(properties: Properties, names: Iterable[str]) -> dict[str, str]:
    """Return attributes as SNS and SQS take them: everything is text."""
    return {name: _text(value) for name, value in pick(properties, names).items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Topic(ResourceType):
    """A topic, with the subscriptions that it is declared with."""

    type_name = "AWS::SNS::Topic"
    modelled = frozenset({*_TOPIC_ATTRIBUTES, "Subscription", "Tags", "TopicName"})
    gone = ("NotFound",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("sns")
        suffix = ".fifo" if properties.get("FifoTopic") else ""
        name = properties.get("TopicName") or context.name(200) + suffix
        arn = context.arn("sns", name)
        refuse_existing(name, lambda: client.get_topic_attributes(TopicArn=arn), self.gone)
        client.create_topic(
            Name=name,
            Attributes=_attributes(properties, _TOPIC_ATTRIBUTES),
            Tags=properties.get("Tags", []),
        )
        context.exists(arn)
        for one in properties.get("Subscription", []):
            client.subscribe(TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, arn = context.client("sns"), made.physical_id
        for name in sorted(changed(old, new) & set(_TOPIC_ATTRIBUTES)):
            value = _text(new.get(name, _TOPIC_DEFAULTS.get(name, "")))
            client.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
        self._resubscribe(client, arn, old, new)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_resource(ResourceArn=arn, Tags=tag_list(to_set))
        if to_remove:
            client.untag_resource(ResourceArn=arn, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        client = context.client("sns")
        pages = client.get_paginator("list_subscriptions_by_topic")
        for page in pages.paginate(TopicArn=made.physical_id):
            for one in page["Subscriptions"]:
                if one["SubscriptionArn"].startswith("arn:"):
                    client.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
        client.delete_topic(TopicArn=made.physical_id)

    def _resubscribe(self, client: Any, arn: str, old: Properties, new: Properties) -> None:
        before, after = old.get("Subscription", []), new.get("Subscription", [])
        for one in after:
            if one not in before:
                client.subscribe(TopicArn=arn, Protocol=one["Protocol"], Endpoint=one["Endpoint"])
        dropped = [(one["Protocol"], one["Endpoint"]) for one in before if one not in after]
        if not dropped:
            return
        for page in client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
            for one in page["Subscriptions"]:
                if (one["Protocol"], one["Endpoint"]) in dropped:
                    client.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


class Subscription(ResourceType):
    """A subscription of a topic."""

    type_name = "AWS::SNS::Subscription"
    modelled = frozenset({*_SUBSCRIPTION_ATTRIBUTES, "Endpoint", "Protocol", "TopicArn"})
    gone = ("NotFound",)

    def create(self, context: Context, properties: Properties) -> Made:
        arn = context.client("sns").subscribe(
            **pick(properties, ("TopicArn", "Protocol", "Endpoint")),
            Attributes=_attributes(properties, _SUBSCRIPTION_ATTRIBUTES),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client = context.client("sns")
        for name in sorted(changed(old, new) & set(_SUBSCRIPTION_ATTRIBUTES)):
            value = _text(new.get(name, _SUBSCRIPTION_DEFAULTS.get(name, "")))
            client.set_subscription_attributes(
                SubscriptionArn=made.physical_id, AttributeName=name, AttributeValue=value
            )
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("sns").unsubscribe(SubscriptionArn=made.physical_id)


class TopicPolicy(ResourceType):
    """The policy of topics; without it they have the one that AWS gives to each."""

    type_name = "AWS::SNS::TopicPolicy"
    modelled = frozenset({"PolicyDocument", "Topics"})
    gone = ("NotFound",)

    def create(self, context: Context, properties: Properties) -> Made:
        for arn in properties["Topics"]:
            self._set(context, arn, properties["PolicyDocument"])
        name = context.name(128)
        return Made(name, {"Id": name})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        for arn in new["Topics"]:
            self._set(context, arn, new["PolicyDocument"])
        for arn in old["Topics"]:
            if arn not in new["Topics"]:
                self._set(context, arn, _default_topic_policy(context, arn))
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        for arn in properties["Topics"]:
            self._set(context, arn, _default_topic_policy(context, arn))

    def _set(self, context: Context, arn: str, document: Any) -> None:
        context.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=_text(document)
        )


def _default_topic_policy(context: Context, arn: str) -> dict[str, Any]:
    actions = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission"]
    actions += ["DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"]
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in actions],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": context.account_id}},
            }
        ],
    }


class Queue(ResourceType):
    """A queue."""

    type_name = "AWS::SQS::Queue"
    modelled = frozenset({*_QUEUE_DEFAULTS, "FifoQueue", "QueueName", "Tags"})
    gone = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("sqs")
        suffix = ".fifo" if properties.get("FifoQueue") else ""
        name = properties.get("QueueName") or context.name(75) + suffix
        refuse_existing(name, lambda: client.get_queue_url(QueueName=name), self.gone)
        url = client.create_queue(
            QueueName=name,
            Attributes=_attributes(properties, (*_QUEUE_DEFAULTS, "FifoQueue")),
            tags=tag_map(properties.get("Tags")),
        )["QueueUrl"]
        return Made(url, {"Arn": context.arn("sqs", name), "QueueName": name, "QueueUrl": url})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, url = context.client("sqs"), made.physical_id
        names = changed(old, new) & set(_QUEUE_DEFAULTS)
        if names:
            values = {name: _text(new.get(name, _QUEUE_DEFAULTS[name])) for name in names}
            client.set_queue_attributes(QueueUrl=url, Attributes=values)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_queue(QueueUrl=url, Tags=to_set)
        if to_remove:
            client.untag_queue(QueueUrl=url, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("sqs").delete_queue(QueueUrl=made.physical_id)


class QueuePolicy(ResourceType):
    """The policy of queues."""

    type_name = "AWS::SQS::QueuePolicy"
    modelled = frozenset({"PolicyDocument", "Queues"})
    gone = Queue.gone

    def create(self, context: Context, properties: Properties) -> Made:
        for url in properties["Queues"]:
            self._set(context, url, _text(properties["PolicyDocument"]))
        name = context.name(128)
        return Made(name, {"Id": name})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        for url in new["Queues"]:
            self._set(context, url, _text(new["PolicyDocument"]))
        for url in old["Queues"]:
            if url not in new["Queues"]:
                self._set(context, url, "")
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        for url in properties["Queues"]:
            self._set(context, url, "")

    def _set(self, context: Context, url: str, policy: str) -> None:
        context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
