"""``check`` from a laptop: the function's own checks, and those that only an outsider can make."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

from redshift_backup.budget import MAXIMUM_INVOCATION_SECONDS
from redshift_backup.cli import deployment
from redshift_backup.cli.quiet import quiet_core
from redshift_backup.cli.session import Identity
from redshift_backup.handler import answer


def examine(
    event: Mapping[str, Any], parsed: Namespace, identity: Identity, say: Callable[[str], None]
) -> dict[str, Any]:
    """Answer ``check``."""
    function = deployment.read_deployment(identity.caller.function_name)
    source = (
        deployment.settings_of_process()
        if deployment.process_has_settings()
        else deployment.settings_of(function)
    )
    say(source.sentence)
    with quiet_core(verbose=parsed.verbose):
        return answer(
            event, source.environment, identity.caller, MAXIMUM_INVOCATION_SECONDS, now=identity.now
        )
