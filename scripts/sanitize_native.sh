#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the native prover's tests under valgrind's memcheck, which knows no AVX-512: the portable path, whose tests
# are named below. The arguments are the command that builds and runs the tests.
set -euo pipefail
command -v valgrind > /dev/null || { echo "valgrind is needed (package valgrind)"; exit 1; }
binary=$("$@" --no-run --message-format=json 2> /dev/null |
    python3 -c 'import json, sys; print([found for line in sys.stdin if (found := json.loads(line).get("executable"))][-1])')
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! RAYON_NUM_THREADS=2 valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
    --log-file="$log" "$binary" --test-threads=1 digits:: generator:: machine:: tests::prover:: tests::tablefile::; then
    cat "$log"
    exit 1
fi
echo "no error found by memcheck"
