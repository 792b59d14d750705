"""Rules of EventBridge that send only what they match."""

from typing import Any

import moto.events.models
from moto.events.models import Rule


class SandboxRule(Rule):
    """moto's rule; a disabled one matches nothing, and a schedule alone matches no event.

    Source: ``DisableRule`` of the service model ("won't match any events").
    """

    def send_to_targets(self, original_event: Any, transform_input: bool = True) -> None:
        """Send an event to the targets, if the rule is enabled and its pattern matches."""
        if self.state != "DISABLED" and self.event_pattern.get_pattern():
            super().send_to_targets(original_event, transform_input)


def install() -> None:
    """Put the sandbox's rules in the place of moto's, which looks the name up. Idempotent."""
    moto.events.models.Rule = SandboxRule
