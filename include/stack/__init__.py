"""What brings the project up on one machine: environment, PostgreSQL, sandbox, Airflow, and the night's commands.

Nothing in here is needed where Airflow and a PostgreSQL are already run by others; see ``docker-compose.yaml``.
"""
