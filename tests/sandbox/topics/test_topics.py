"""Topics deliver to queues of either account, and to addresses that were confirmed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

SOURCE, TARGET = "164543933824", "058264155998"
ADDRESS = "oncall@example.com"


@pytest.fixture
def topic(sandbox: Any) -> str:
    arn: str = sandbox.client("sns").create_topic(Name="alerts")["TopicArn"]
    return arn


def test_an_address_gets_only_the_confirmation_until_it_confirms(sandbox: Any, topic: str) -> None:
    sns = sandbox.client("sns")
    answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)
    sns.publish(TopicArn=topic, Message="lost")
    (confirmation,) = sandbox.control("GET", "mail")
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert (confirmation["to"], confirmation["topic_arn"]) == (ADDRESS, topic)

    arn = sns.confirm_subscription(TopicArn=topic, Token=confirmation["token"])["SubscriptionArn"]
    assert sandbox.control("DELETE", "mail") == {"removed": 1}
    sns.publish(TopicArn=topic, Subject="ALARM", Message="read me")

    (mail,) = sandbox.control("GET", "mail")
    assert (mail["to"], mail["subject"], mail["body"]) == (ADDRESS, "ALARM", "read me")
    assert mail["token"] is None
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == arn


def test_a_wrong_token_confirms_nothing(sandbox: Any, topic: str) -> None:
    sns = sandbox.client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)

    with pytest.raises(ClientError, match="Token") as refused:
        sns.confirm_subscription(TopicArn=topic, Token="0" * 64)

    assert refused.value.response["Error"]["Code"] == "InvalidParameter"


def test_a_reset_empties_the_mailbox(sandbox: Any, topic: str) -> None:
    sandbox.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)

    sandbox.reset()

    assert sandbox.control("GET", "mail") == []


def test_an_encrypted_topic_delivers_to_a_queue_of_the_other_account(
    sandbox: Any, topic: str
) -> None:
    key = sandbox.client("kms").create_key()["KeyMetadata"]["KeyId"]
    sns, sqs = sandbox.client("sns"), sandbox.client("sqs", "target")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    url = sqs.create_queue(QueueName="pager")["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{TARGET}:pager"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    sns.publish(TopicArn=topic, Message="across")

    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["Message"] == "across"


def test_a_queue_that_is_gone_loses_the_message_and_not_the_others(
    sandbox: Any, topic: str
) -> None:
    sns, sqs = sandbox.client("sns"), sandbox.client("sqs")
    for name in ("gone", "kept"):
        queue = f"arn:aws:sqs:us-east-1:{SOURCE}:{name}"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]

    sns.publish(TopicArn=topic, Message="to whom it may concern")

    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
