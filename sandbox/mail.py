"""The mailbox of every address: what SNS would have sent by e-mail, kept to be read."""

from dataclasses import dataclass
from threading import Lock

from sandbox.clock import CLOCK


@dataclass(frozen=True)
class Mail:
    """One e-mail.

    :ivar token: of a confirmation, what ConfirmSubscription takes; else None.
    """

    time: str
    to: str
    topic_arn: str
    subject: str
    body: str
    token: str | None = None


class Mailbox:
    """The e-mails since the last reset, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mails: list[Mail] = []

    def put(
        self, *, to: str, topic_arn: str, subject: str, body: str, token: str | None = None
    ) -> None:
        """Deliver an e-mail, dated by the sandbox's clock."""
        mail = Mail(CLOCK.now().isoformat(), to, topic_arn, subject, body, token)
        with self._lock:
            self._mails.append(mail)

    def all(self) -> list[Mail]:
        """Return the e-mails."""
        with self._lock:
            return list(self._mails)

    def clear(self) -> int:
        """Empty the mailbox and return how many e-mails it held."""
        with self._lock:
            held = len(self._mails)
            self._mails.clear()
            return held


MAILBOX = Mailbox()
