"""What may be wrong with a cluster's backups: one check a fact. Pure."""
