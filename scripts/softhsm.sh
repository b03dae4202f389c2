#!/usr/bin/env bash
# Runs a command beside a SoftHSM of its own: scripts/softhsm.sh run COMMAND...
#
# The token is new, and goes with the command. The command finds in its environment
#   SOFTHSM2_CONF               the configuration of a token "vectors", which has the member's key of
#                               tests/data under the label "ours"; its PIN is fake-pin-of-tests
#   IDPHOTO_TEST_SOFTHSM        the PKCS#11 module, with which a test can make tokens of its own, too
set -euo pipefail

if [ "$#" -lt 2 ] || [ "$1" != run ]; then
    echo "usage: $0 run COMMAND..." >&2
    exit 2
fi
shift

find_module() {
    module=$(find -L /usr/lib /usr/local/lib -name libsofthsm2.so 2>/dev/null | sort | head -n 1)
    [ -n "$module" ] && command -v softhsm2-util >/dev/null
}

find_module || {
    "$(dirname "$0")/debian.sh" softhsm2
    find_module || { echo "SoftHSM is not installed" >&2; exit 1; }
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$folder/tokens"
export SOFTHSM2_CONF="$folder/softhsm2.conf"
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$folder" >"$SOFTHSM2_CONF"
{
    softhsm2-util --init-token --free --label vectors --pin fake-pin-of-tests --so-pin 12345678
    softhsm2-util --import "$(dirname "$0")/../tests/data/vectors/keys/participant-signing.key.pem" \
        --token vectors --label ours --id 01 --pin fake-pin-of-tests
} >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }

export IDPHOTO_TEST_SOFTHSM="$module"
"$@"
