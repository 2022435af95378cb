# One image for every Airflow process of a deployment, and for the sandbox profile.
# The packages are the locked ones of requirements.txt, the same that `make night` installs.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE}

ARG UID=50000
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid ${UID} throughline \
    && useradd --uid ${UID} --gid ${UID} --create-home --home-dir /opt/throughline throughline

WORKDIR /opt/throughline
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt

COPY --chown=throughline:throughline dags dags
COPY --chown=throughline:throughline plugins plugins
COPY --chown=throughline:throughline include include
COPY --chown=throughline:throughline sql sql

ENV AIRFLOW_HOME=/opt/throughline/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/throughline/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/throughline/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    PYTHONPATH=/opt/throughline/include \
    PYTHONUNBUFFERED=1 \
    THROUGHLINE_LANDING=/var/lib/throughline/landing \
    THROUGHLINE_PAGES=/var/lib/throughline/pages

RUN mkdir -p airflow/logs /var/lib/throughline/landing /var/lib/throughline/pages /var/lib/throughline/sandbox /var/lib/throughline/backups \
    && chown -R throughline:throughline /opt/throughline/airflow /var/lib/throughline

# What a worker has imported before it forks, a task has for nothing, as below the scheduler of `make night`.
RUN mkdir airflow/config \
    && printf '%s\n' \
        'import sys' \
        'if sys.argv[1:2] == ["celery"]:' \
        '    from stack.local_settings import SCHEDULER, preload' \
        '    preload(SCHEDULER)' \
        > airflow/config/airflow_local_settings.py

# Kept with every night. There is no history in the image to ask.
ARG REVISION=
ENV THROUGHLINE_REVISION=${REVISION}

USER throughline
EXPOSE 8080
CMD ["airflow", "version"]
