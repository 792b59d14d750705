"""A step of a drill that cannot go on: what is wrong, what to do, and whether to try again."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """Why a step failed.

    :param error: one sentence without its full stop.
    :param next_step: what a person should do first, a sentence.
    :param retry: whether another attempt may succeed.
    :param error_type: AWS's code, by which the alert knows a fault that other clusters have, too.
    """

    error: str
    next_step: str
    retry: bool = False
    error_type: str | None = None

    def __str__(self) -> str:
        return f"{self.error}. Next step: {self.next_step}"
