"""``python -m redshift_backup``."""

import sys

from redshift_backup.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
