"""SNS of the sandbox: moto's, with e-mail that is confirmed first, and queues of either account."""


def install() -> None:
    """Put the sandbox's subscriptions in the place of moto's. Idempotent.

    Two of moto's seams: the name ``Subscription`` that its backend looks up when it makes one, and
    the class that is instantiated per account and region.
    """
    import moto.sns.models as moto_models

    from sandbox.topics.models import SandboxSNSBackend, SandboxSubscription

    moto_models.Subscription = SandboxSubscription
    if moto_models.sns_backends.backend is not SandboxSNSBackend:
        moto_models.sns_backends.backend = SandboxSNSBackend
        moto_models.sns_backends.clear()


def reset() -> None:
    """Empty the mailbox."""
    from sandbox.mail import MAILBOX

    MAILBOX.clear()
