#!/usr/bin/env bash
# Builds and runs the fuzz targets of fuzz/.
#   scripts/fuzz.sh list                      names and purposes
#   scripts/fuzz.sh run TARGET SECONDS        its corpus grows in fuzz/corpus/TARGET
#   scripts/fuzz.sh again TARGET FILE         one input, once
#   scripts/fuzz.sh short SECONDS             each of them, from the seeds, for so long
#
# Plain cargo and the pinned compiler, and not cargo-fuzz: all that this needs of cargo-fuzz are
# six flags, which fuzz/rustc.sh gives to our own crates alone, so that the dependencies of the
# release build serve here, too. Installing cargo-fuzz would take minutes and building with it
# would compile everything once more. Who has cargo-fuzz can use it with this layout.
set -euo pipefail
cd "$(dirname "$0")/.."

build=${CARGO_TARGET_DIR:-target}
seeds=$build/fuzz/seeds
read -ra flags <<<"${CARGO_FLAGS---locked}"
# A real photo of a phone's front camera fits; larger inputs are slower and say nothing new.
limits=(-rss_limit_mb=512 -max_len=16384)

targets() {
    for path in fuzz/fuzz_targets/*.rs; do
        basename "$path" .rs
    done
}

known() {
    if [[ ! $1 =~ ^[a-z_]+$ || ! -e fuzz/fuzz_targets/$1.rs ]]; then
        echo "no such target: ${1:-none was given}; make fuzz TARGET=NAME SECONDS=60, where NAME is one of" >&2
        targets | sed 's/^/  /' >&2
        exit 64
    fi
}

compile() {
    RUSTC_WRAPPER=$PWD/fuzz/rustc.sh cargo build --release "${flags[@]}" \
        --manifest-path fuzz/Cargo.toml --target-dir "$build" --bins
    fuzz/seeds.py "$seeds"
}

# Runs a target with libFuzzer's arguments, and says how to repeat a crash.
fuzz() {
    local target=$1 artifacts=fuzz/artifacts/$1/ dictionary=fuzz/dictionaries/$1.dict code=0 input
    shift
    if [ -e "$dictionary" ]; then
        set -- "-dict=$dictionary" "$@"
    fi
    mkdir -p "$artifacts"
    touch "$artifacts/.begun"
    "$build/release/$target" "${limits[@]}" "-artifact_prefix=$artifacts" "$@" || code=$?
    if [ "$code" -ne 0 ]; then
        input=$(find "$artifacts" -type f -newer "$artifacts/.begun" | tail -n 1)
        echo "$target failed (exit code $code). The input: ${input:-that of the command}"
        echo "Once more: make fuzz TARGET=$target INPUT=${input:-${!#}}"
    fi
    return "$code"
}

run() {
    known "$1"
    compile
    mkdir -p "fuzz/corpus/$1"
    fuzz "$1" "-max_total_time=${2:-60}" -timeout=5 -print_final_stats=1 "fuzz/corpus/$1" "$seeds/$1"
}

again() {
    known "$1"
    compile
    fuzz "$1" -timeout=5 "$2"
}

# A line for each target; everything of one that fails. The time limit of an input is for
# machines that are busy with other things.
short() {
    compile
    local target log failed=0
    # Not local: it is removed when the function is over.
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    for target in $(targets); do
        mkdir "$folder/$target"
        log=$folder/$target.log
        if fuzz "$target" "-max_total_time=$1" -timeout=60 "$folder/$target" "$seeds/$target" >"$log" 2>&1; then
            printf '%-10s%s\n' "$target" "$(grep -a DONE "$log" | tail -n 1 | tr -s '\t ' ' ')"
        else
            failed=1
            grep -Eav '^#[0-9]+\s+(NEW|REDUCE|pulse) ' "$log" | tail -n 60
        fi
    done
    return "$failed"
}

list() {
    local target
    for target in $(targets); do
        printf '%-10s%s\n' "$target" "$(sed -n '1s|^//! ||p' "fuzz/fuzz_targets/$target.rs")"
    done
}

case ${1-} in
    list) list ;;
    run) run "${2-}" "${3-}" ;;
    again) again "${2-}" "$3" ;;
    short) short "${2:-5}" ;;
    *)
        sed -n '2,6s/^# *//p' "$0" >&2
        exit 64
        ;;
esac
