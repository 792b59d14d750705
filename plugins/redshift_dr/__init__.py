"""The Airflow side of the Redshift disaster recovery package."""
