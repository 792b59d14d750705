"""Programs that the machine brings."""

import shutil

from demo.processes import ProcessError


class MissingProgramError(ProcessError):
    """A program that this machine has to bring is not installed; the message names its package."""


def find_program(name: str, package: str) -> str:
    """Return where a program is.

    :param package: Debian's package of it.
    :raises MissingProgramError: it is not on ``PATH``.
    """
    found = shutil.which(name)
    if found is None:
        raise MissingProgramError(
            f"no {name} on PATH; install Debian's package: apt-get install {package}"
        )
    return found
