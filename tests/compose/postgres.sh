#!/bin/sh
# The part of the public PostgreSQL image's entrypoint that a deployment sees: PGDATA, POSTGRES_PASSWORD and
# POSTGRES_INITDB_ARGS, a server that listens to everybody with a password, and that does not run as root.
set -eu

if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    chown postgres:postgres /var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
mkdir -p "$PGDATA"
chmod 700 "$PGDATA"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    secret=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:?}" >"$secret"
    # shellcheck disable=SC2086 - several arguments in one variable, as in the public image
    initdb --username=postgres --pwfile="$secret" ${POSTGRES_INITDB_ARGS:-}
    rm "$secret"
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    printf '%s\n' "listen_addresses = '*'" "unix_socket_directories = '/var/run/postgresql'" >>"$PGDATA/postgresql.conf"
fi
exec "$@"
