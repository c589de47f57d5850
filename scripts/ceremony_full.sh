#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A ceremony of two parties with beacon for every built circuit, on powers of tau of its own; keys go to a store beside the
# development one, and snarkjs verifies each. Both parties are this machine: for measuring and rehearsing, not for value.
set -euo pipefail
folder=build/ceremony
store=$folder/artifacts
beacon=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
rm -rf "$folder"
mkdir -p "$store"
for manifest in build/*/manifest.json; do
    cp -r "$(dirname "$manifest")" "$store/"
done
power=$(python -c '
import json, sys
manifests = [json.load(open(path)) for path in sys.argv[1:]]
print(max((manifest["n_constraints"] + manifest["n_public"]).bit_length() for manifest in manifests))
' "$store"/*/manifest.json)
zkrisk ceremony powers $folder/powers.ptau --power "$power" --name alice --name bob --beacon "$beacon"
sha256=$(sha256sum $folder/powers.ptau | cut -d' ' -f1)
for manifest in "$store"/*/manifest.json; do
    circuit=$(basename "$(dirname "$manifest")")
    zkrisk ceremony start "$circuit" "$folder/$circuit" --powers $folder/powers.ptau --powers-sha256 "$sha256" --artifacts "$store"
    zkrisk ceremony contribute "$folder/$circuit" --name alice
    zkrisk ceremony contribute "$folder/$circuit" --name bob
    zkrisk ceremony beacon "$folder/$circuit" --beacon "$beacon" --source "this machine's random numbers"
    zkrisk ceremony export "$folder/$circuit" --artifacts "$store"
    npx --no-install snarkjs zkey verify "$folder/$circuit/r1cs" $folder/powers.ptau "$folder/$circuit/$circuit.ceremony.3.zkey" | grep "ZKey Ok!"
done
