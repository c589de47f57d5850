# SPDX-License-Identifier: Apache-2.0
"""The deterministic stream: raw venue frames or stored chains in, attested market snapshots out.

open_recording  one door for everything recorded      simulator   a seeded market in Deribit's own format
recording       raw lines to frames, and back         venue_*     the simulated venue's listings, quotes, frames
chain_file      stored option chains to events        epochs      event-time epochs, one snapshot a market each
feed            frames to events, refusals to ledger  snapshot    latest quotes, forwards, exact integers
deribit         the venue's frame format              filters     the named quote rules
events          the normalised event types            ledger      everything that was refused
books           order books with gap detection        fields      typed access to hostile JSON
instrument      option names
"""
