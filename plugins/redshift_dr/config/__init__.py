"""The fleet's configuration: ``clusters.yaml`` read into frozen models.

The file's location is one setting, the environment variable ``REDSHIFT_DR_CONFIG``; see
:func:`redshift_dr.config.fleet.find_configuration` for where it is looked for otherwise.
"""

from redshift_dr.config.drill import DrillConfig
from redshift_dr.config.fleet import Fleet, find_configuration, load_fleet
from redshift_dr.config.models import ClusterConfig, Deadlines

__all__ = ["ClusterConfig", "Deadlines", "DrillConfig", "Fleet", "find_configuration", "load_fleet"]
