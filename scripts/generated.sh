#!/usr/bin/env bash
# Fails when the committed Go stubs are not what `make proto` makes of the contract.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/tools.sh buf protoc-gen-go protoc-gen-go-grpc
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
PATH="$PWD/.tools/bin:$PATH" buf generate --output "$fresh"
if ! diff -r "$fresh/clients/go/gen" clients/go/gen; then
    echo 'the Go stubs differ from the contract: run "make proto" and commit them' >&2
    exit 1
fi
