"""The services of a distributed Airflow, native on loopback: what the compose file runs."""
