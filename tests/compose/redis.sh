#!/bin/sh
# The part of the public Redis image's entrypoint that a deployment sees: the server does not run as root, nor alone.
set -eu

if [ "$(id -u)" = 0 ]; then
    chown redis .
    exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
fi
# The public image is built without the protected mode that a password makes needless.
exec "$@" --protected-mode no
