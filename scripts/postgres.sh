#!/usr/bin/env bash
# Runs a command beside a PostgreSQL of its own: scripts/postgres.sh run COMMAND...
#
# The cluster is new, durable as a real one, and on loopback and a Unix socket alone; it ends and
# goes with the command. The command finds in its environment
#   IDPHOTO_TEST_POSTGRES           postgres://idphoto@127.0.0.1:PORT/postgres
#   IDPHOTO_TEST_POSTGRES_PASSWORD  of that user, who may do everything
#   IDPHOTO_TEST_POSTGRES_FOLDER    with the data (data/), the server's log (log) and its socket
#   IDPHOTO_TEST_POSTGRES_CONTROL   a program that takes pg_ctl's commands: stop, start, restart
set -euo pipefail

if [ "$#" -lt 2 ] || [ "$1" != run ]; then
    echo "usage: $0 run COMMAND..." >&2
    exit 2
fi
shift

find_binaries() {
    local newest
    newest=$(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1)
    binaries=$(dirname "${newest:-.}")
    [ -n "$newest" ]
}

if ! find_binaries; then
    # Its programs alone: Debian's package would make and start a cluster.
    "$(dirname "$0")/debian.sh" postgresql-common
    common=/etc/postgresql-common/createcluster.conf
    [ ! -w "$common" ] || sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' "$common"
    "$(dirname "$0")/debian.sh" postgresql
    find_binaries || { echo "PostgreSQL is not installed" >&2; exit 1; }
fi

folder=$(mktemp -d)
# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    user=$(id -un postgres 2>/dev/null || echo nobody)
    as=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups)
    chown "$user" "$folder"
    chmod 755 "$folder"
fi

control() {
    "${as[@]}" "$binaries/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait --timeout=60 --silent "$@"
}

finish() {
    if [ -f "$folder/data/postmaster.pid" ]; then
        control stop --mode=immediate || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
cd "$folder"
"${as[@]}" mkdir data socket
echo "$password" >password
"${as[@]}" "$binaries/initdb" --pgdata=data --username=idphoto --pwfile=password --data-checksums \
    --encoding=UTF8 --locale=C --auth-local=trust --auth-host=scram-sha-256 >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 1; }
"${as[@]}" tee -a data/postgresql.conf >/dev/null <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder/socket'
max_connections = 300
END
cd "$OLDPWD"

# Somebody may take the port before the server does.
for attempt in 1 2 3 4 5; do
    port=$(free_port)
    echo "port = $port" >>"$folder/data/postgresql.conf"
    if control start >/dev/null; then
        break
    fi
    [ "$attempt" -lt 5 ] || { cat "$folder/log" >&2; exit 1; }
done

{
    printf '#!/bin/sh\nexec'
    printf ' %q' "${as[@]}" "$binaries/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait --timeout=60 --silent
    # shellcheck disable=SC2016 # for that script
    echo ' "$@"'
} >"$folder/control"
chmod 755 "$folder/control"

export IDPHOTO_TEST_POSTGRES="postgres://idphoto@127.0.0.1:$port/postgres"
export IDPHOTO_TEST_POSTGRES_PASSWORD="$password"
export IDPHOTO_TEST_POSTGRES_FOLDER="$folder"
export IDPHOTO_TEST_POSTGRES_CONTROL="$folder/control"
"$@"
