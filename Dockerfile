# One image for every Airflow process of a deployment (production), and one with the simulated health system (sandbox).
# The packages are the locked ones of requirements.txt, the same that `make night` installs.
#
# The base has no default, so that nobody builds on whatever a tag means today: python:3.11-slim-bookworm (or 3.12,
# 3.13) by its digest, see docs/deployment.md.
ARG PYTHON_IMAGE
FROM ${PYTHON_IMAGE} AS production

ARG UID=50000
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid ${UID} throughline \
    && useradd --uid ${UID} --gid ${UID} --create-home --home-dir /opt/throughline throughline

WORKDIR /opt/throughline
COPY requirements.txt .
# The locked list is of development, too: what only tests and checks of the code need is in no container.
RUN pip install --no-cache-dir --require-hashes -r requirements.txt \
    && pip uninstall --yes pytest pytest-cov pytest-timeout pytest-xdist pytest-socket hypothesis selenium axe-core-python \
        ruff mypy types-PyYAML types-jsonschema types-paramiko types-psutil types-requests types-tabulate pandas-stubs \
        types-openpyxl sqlfluff sqlglot \
    && pip check

# Another auth manager, a secrets backend: what is locked stays as it is, or the build fails.
ARG EXTRA_PACKAGES=
RUN if [ -n "${EXTRA_PACKAGES}" ]; then \
        sed -n 's/^\([a-z0-9][^\\]*[^\\ ]\) *\\$/\1/p' requirements.txt > /tmp/constraints.txt \
        && pip install --no-cache-dir --constraint /tmp/constraints.txt ${EXTRA_PACKAGES} \
        && pip check && rm /tmp/constraints.txt; \
    fi

COPY dags dags
COPY plugins plugins
COPY include/definitions include/definitions
COPY include/throughline include/throughline
COPY sql sql
# A clone that was made with a strict umask is readable for its owner alone, and so would be its copy.
RUN chmod -R u=rwX,go=rX dags plugins include sql && python -m compileall -q dags plugins include

ENV AIRFLOW_HOME=/opt/throughline/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/throughline/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/throughline/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    PYTHONPATH=/opt/throughline/include \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    THROUGHLINE_CHAIN=/var/lib/throughline/chain \
    THROUGHLINE_LANDING=/var/lib/throughline/landing \
    THROUGHLINE_PAGES=/var/lib/throughline/pages

# Code and settings belong to root: the processes cannot change them. Volumes take their owner from these folders.
RUN mkdir -p airflow/logs /var/lib/throughline/chain /var/lib/throughline/landing /var/lib/throughline/pages /var/lib/throughline/sandbox /var/lib/throughline/backups /var/lib/throughline/restore-points \
    && chown root:root . && chown -R throughline:throughline airflow/logs /var/lib/throughline

# What a worker has imported before it forks, a task has for nothing, as below the scheduler of `make night`. Without a
# file of settings, Airflow would write one, with every secret of its environment in it. Where connections come from is
# said there and not by ENV: Compose unsets a variable that it names without a value, even if the image has one. A
# process without a login to Airflow's database, a worker, still needs an address of one, which it never asks.
RUN mkdir airflow/config \
    && printf '%s\n' \
        '[database]' \
        'sql_alchemy_conn = postgresql+psycopg2://nobody@no-database/none' \
        '[secrets]' \
        'backend_kwargs = {"connections_file_path": "/run/secrets/connections.json"}' \
        > airflow/airflow.cfg \
    && printf '%s\n' \
        'import sys' \
        'if sys.argv[1:2] == ["celery"]:' \
        '    from throughline.deployment.preload import SCHEDULER, preload' \
        '    preload(SCHEDULER)' \
        > airflow/config/airflow_local_settings.py

# Kept with every night. There is no history in the image to ask.
ARG REVISION=
ENV THROUGHLINE_REVISION=${REVISION}

USER throughline
EXPOSE 8080
CMD ["airflow", "version"]

# The simulated health system. Its staff attest by themselves: it is in no other image.
FROM production AS sandbox
USER root
COPY include/sandbox include/sandbox
RUN chmod -R u=rwX,go=rX include/sandbox && python -m compileall -q include/sandbox
USER throughline
