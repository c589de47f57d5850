# SPDX-License-Identifier: Apache-2.0
"""The deterministic stream: raw venue frames in, attested market snapshots out.

recording   raw lines to frames, and back             simulator   a seeded market in Deribit's own format
feed        frames to events, refusals to the ledger  epochs      event-time epochs, one snapshot each
deribit     the venue's frame format                  snapshot    latest quotes, forwards, exact integers
events      the normalised event types                filters     the named quote rules
books       order books with gap detection            ledger      everything that was refused
instrument  option names                              fields      typed access to hostile JSON
"""
