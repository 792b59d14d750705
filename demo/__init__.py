"""The demonstration: two accounts, a real Airflow and a warehouse full of data on one machine."""
