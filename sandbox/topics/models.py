"""Subscriptions as moto keeps them, with e-mail and with queues of the other account.

Source: SNS Developer Guide, "Email notifications" and "Sending messages to a queue in a different
account"; not checked against AWS. The policy of a queue is not looked at.
"""

import logging
import secrets
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Subscription, Topic
from moto.sqs.exceptions import QueueDoesNotExist

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.mail import MAILBOX

PENDING = "PendingConfirmation"
_MAIL = ("email", "email-json")
_LOGGER = logging.getLogger(__name__)


class SandboxSubscription(Subscription):
    """One subscription.

    :ivar token: what confirms it; None where nothing has to be confirmed, or has been.
    """

    # Set by moto's constructor.
    arn: str
    endpoint: str
    protocol: str

    def __init__(self, account_id: str, topic: Topic, endpoint: str, protocol: str) -> None:
        super().__init__(account_id, topic, endpoint, protocol)
        self.token: str | None = None
        if account_id not in OWN_ACCOUNT_IDS:
            return
        if protocol in _MAIL:
            self.token = secrets.token_hex(32)
        elif protocol in ("sqs", "lambda"):
            # moto looks for the queue or the function in the account of the subscription.
            self.account_id = endpoint.split(":")[4]

    @property
    def subscription_arn(self) -> str:
        """The ARN as lists show it."""
        return PENDING if self.token is not None else self.arn

    def ask_for_confirmation(self) -> None:
        """Send the e-mail with the token."""
        MAILBOX.put(
            to=self.endpoint,
            topic_arn=self.topic.arn,
            subject="AWS Notification - Subscription Confirmation",
            body=f"You have chosen to subscribe to the topic:\n{self.topic.arn}\n\n"
            f"To confirm, call ConfirmSubscription with the token {self.token}\n",
            token=self.token,
        )

    def publish(self, message: str, message_id: str, **more: Any) -> None:
        """Deliver a message; what cannot be delivered is lost, as on AWS."""
        if self.protocol in _MAIL and self.owner in OWN_ACCOUNT_IDS:
            self._send_mail(message, message_id, **more)
            return
        try:
            super().publish(message, message_id, **more)
        except QueueDoesNotExist:
            if self.owner not in OWN_ACCOUNT_IDS:
                raise
            _LOGGER.error("%s lost a message: %s does not exist", self.arn, self.endpoint)

    def _send_mail(self, message: str, message_id: str, **more: Any) -> None:
        if self.token is not None:
            return
        matcher = self._filter_policy_matcher
        attributes = more.get("message_attributes")
        if matcher is not None and not matcher.matches(attributes, message):
            return
        if more.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        subject = more.get("subject") or "AWS Notification Message"
        MAILBOX.put(to=self.endpoint, topic_arn=self.topic.arn, subject=subject, body=message)


class SandboxSNSBackend(SNSBackend):
    """moto's SNS of one account and region, whose e-mail subscriptions wait for a confirmation."""

    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> Subscription:
        """Subscribe an endpoint; an address that is not confirmed is asked, each time."""
        subscription = super().subscribe(topic_arn, endpoint, protocol)
        if isinstance(subscription, SandboxSubscription) and subscription.token is not None:
            subscription.attributes["PendingConfirmation"] = True
            subscription.ask_for_confirmation()
        return subscription

    def confirm(self, topic_arn: str, token: str) -> str:
        """Confirm a subscription and return its ARN.

        :raises SNSInvalidParameter: no subscription of the topic waits for that token.
        """
        for subscription in self.subscriptions.values():
            if subscription.topic.arn == topic_arn and subscription.token == token:
                subscription.token = None
                subscription.attributes["PendingConfirmation"] = False
                return str(subscription.arn)
        raise SNSInvalidParameter("Invalid parameter: Token")
