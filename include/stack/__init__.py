"""Runs the project on one machine: environment, PostgreSQL, sandbox, Airflow, and the commands for nights.

A deployment that already has Airflow and PostgreSQL needs none of this; see ``docker-compose.yaml``.
"""
