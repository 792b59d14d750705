"""Say in one sentence whether this interpreter can run the project. Runs on any Python 3."""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(
        "Python {}.{} to {}.{} is needed, and {} is {}.{}. "
        "Choose another one: make install PYTHON=python3.12".format(
            *OLDEST, *NEWEST, sys.executable, *sys.version_info[:2]
        )
    )
