"""What the snapshots of an account cost a month: its own sizes, the user's prices."""
