# SPDX-License-Identifier: Apache-2.0
"""What a snapshot removed, by expiry and rule."""

from __future__ import annotations

from collections.abc import Callable

from oracle.stream.events import IndexPrice, OptionSummary
from oracle.stream.snapshot import SnapshotBuilder

EXPIRY, LATER = 1_770_969_600, 1_776_412_800
CLOSE_MS = 1_768_464_009_999
MakeSummary = Callable[..., OptionSummary]
MakeIndex = Callable[..., IndexPrice]


def test_what_each_rule_removed_is_counted_by_expiry_for_the_last_snapshot_alone(
    summary: MakeSummary, index: MakeIndex
) -> None:
    builder = SnapshotBuilder("BTC-USD", "BTC", listings={EXPIRY: [61_000, 62_000, 63_000], LATER: [62_000, 64_000]})
    for event in (index(), summary(), summary("BTC-13FEB26-63000-C", best_bid_price=None)):
        builder.consume(event)
    builder.close(1, CLOSE_MS)
    assert builder.removed == {EXPIRY: {"one_sided": 1, "unseen": 1}, LATER: {"no_forward": 2}}
    builder.consume(index(at_ms=CLOSE_MS + 1))
    builder.consume(summary("BTC-13FEB26-63000-C", CLOSE_MS + 1))
    builder.set_listings({EXPIRY: [62_000, 63_000]})
    builder.close(2, CLOSE_MS + 10_000)
    assert builder.removed == {EXPIRY: {}}
