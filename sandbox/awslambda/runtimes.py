"""Which functions the sandbox can run: Python zips."""

import re

from sandbox.awslambda.errors import NotImplementedInSandboxError
from sandbox.awslambda.invocation import FunctionSpec

OLDEST_MINOR = 11


def check_runtime(spec: FunctionSpec) -> None:
    """Accept ``python3.11`` and later, whatever Python this is; refuse the rest.

    :raises NotImplementedInSandboxError: another runtime.
    """
    match = re.fullmatch(r"python3\.(\d+)", spec.runtime)
    if match is None or int(match[1]) < OLDEST_MINOR:
        raise NotImplementedInSandboxError(
            f"The function {spec.function_name} has the runtime {spec.runtime or 'none'}; the "
            f"sandbox runs python3.{OLDEST_MINOR} and later. Change the function's Runtime."
        )
