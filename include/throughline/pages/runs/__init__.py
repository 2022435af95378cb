"""What pages know of Airflow: the runs of a night, and the questions that wait in it for an answer."""
