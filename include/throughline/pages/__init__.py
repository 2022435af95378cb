"""The pages behind Airflow's login: exceptions, cases, persons, search; what waits, and who may decide it."""
