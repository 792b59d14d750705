"""What the alert topic told people, read back from a queue."""

import json
from typing import Any

TOPIC = "arn:aws:sns:us-east-1:164543933824:aca-redshift-backup-alerts"


def subscribe(sqs: Any, sns: Any, topic_arn: str) -> str:
    """Put a queue on a topic.

    :return: the queue's URL.
    """
    queue: str = sqs.create_queue(QueueName="pager")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return queue


def drain(sqs: Any, queue: str) -> list[str]:
    """Take every message of a queue: their bodies.

    :param queue: its URL.
    """
    found = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            found.append(str(message["Body"]))
    return found


def take(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """Take the messages that Airflow sent.

    The stack's alarms use the topic too, and go off when the minute does: those are left out.
    """
    told = [json.loads(body) for body in drain(sqs, queue)]
    return [one for one in told if "AlarmName" not in one["Message"]]
