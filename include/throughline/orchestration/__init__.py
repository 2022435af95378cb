"""The glue to Airflow: assets, policies, connections and the steps that the DAG files order."""
