"""Subscribing by e-mail, which has to be confirmed."""

from moto.core.responses import ActionResult
from moto.sns.responses import SNSResponse

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.topics.models import PENDING, SandboxSubscription


class SandboxSNSResponse(SNSResponse):
    """moto's SNS API, with confirmations."""

    def subscribe(self) -> ActionResult:
        """Subscribe; the ARN of what waits for its confirmation comes only when asked for."""
        result = super().subscribe()
        arn = result.result["SubscriptionArn"]
        subscription = self.backend.subscriptions[arn]
        if _waits(subscription) and not self._get_bool_param("ReturnSubscriptionArn"):
            return ActionResult({"SubscriptionArn": "pending confirmation"})
        return result

    def confirm_subscription(self) -> ActionResult:
        """Confirm a subscription by the token of its e-mail."""
        if self.current_account not in OWN_ACCOUNT_IDS:
            return super().confirm_subscription()
        arn = self.backend.confirm(self._get_param("TopicArn"), self._get_param("Token"))
        return ActionResult({"SubscriptionArn": arn})


def _waits(subscription: object) -> bool:
    return (
        isinstance(subscription, SandboxSubscription) and subscription.subscription_arn == PENDING
    )
