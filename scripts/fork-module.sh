#!/usr/bin/env bash
# Changes the path of the Go module everywhere: scripts/fork-module.sh NEW/MODULE/PATH
set -euo pipefail
cd "$(dirname "$0")/.."

new=${1:?the new path of the module, such as git.example/team/idphoto/clients/go}
old=$(awk '$1 == "module" { print $2 }' clients/go/go.mod)

# Generated code holds the path with its length: it is made anew from the contract.
git grep -lIF "$old" -- . ':!clients/go/gen' | while IFS= read -r file; do
    OLD=$old NEW=$new perl -pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g' "$file"
done
make proto
(cd clients/go && gofmt -w . && go build ./...)
