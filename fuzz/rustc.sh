#!/bin/sh
# Cargo's RUSTC_WRAPPER: adds to our two crates what cargo-fuzz gives to all by RUSTFLAGS. All of
# it is stable. The dependencies stay as `make build` compiled them, which is what a build of the
# targets would take most of its time for; AddressSanitizer, for which cargo-fuzz needs a nightly
# compiler, would find nothing in code without `unsafe`.
set -eu
case ${CARGO_PKG_NAME-}/${CARGO_CRATE_NAME-} in
    */build_script_*) ;;
    idphoto/* | idphoto-fuzz/*)
        set -- "$@" --cfg fuzzing -Cpasses=sancov-module \
            -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
            -Cllvm-args=-sanitizer-coverage-pc-table \
            -Cllvm-args=-sanitizer-coverage-trace-compares
        ;;
esac
exec "$@"
