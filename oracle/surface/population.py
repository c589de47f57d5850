# SPDX-License-Identifier: Apache-2.0
"""How a market's listed strikes become the quotes that its fit is judged on, and what each rule removed on the way.

The population of quality figures: two-sided out-of-the-money quotes with a spread below a quarter of the mid, of
expiries more than a day away that have seven or more of them, counted before outliers are removed. Expiries no more
than a day away are counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oracle.model.snapshot import ExpirySnapshot, MarketSnapshot
from oracle.surface.quotes import SHORT_MS, RefusedQuote

RULE_OTHER = "not_quoted"
"""A strike without a quote for which no rule was given."""


@dataclass(frozen=True)
class Population:
    """``listed`` = the sum of ``removed`` (strikes by rule, rules in alphabetical order) + ``quotes`` that remain."""

    expiries: int
    listed: int
    removed: Mapping[str, int]
    quotes: int


def populations(
    snapshot: MarketSnapshot,
    unquoted: Mapping[int, Mapping[str, int]],
    refused_quotes: Sequence[RefusedQuote],
    refused_expiries: Mapping[int, str],
) -> tuple[Population, Population]:
    """Of the expiries more than a day away, and of the shorter ones.

    ``unquoted``: per expiry the strikes without a quote by rule, as the snapshot's builder counted them; expiries that
    the snapshot omits count too. ``refused_quotes``: strikes that were refused before the fit. ``refused_expiries``: the
    rule that refused an expiry, which removes all quotes it has left.
    """
    listed = {expiry.expiry: expiry for expiry in snapshot.expiries}
    strikes_of: dict[int, list[RefusedQuote]] = {}
    for quote in refused_quotes:
        strikes_of.setdefault(quote.expiry, []).append(quote)
    parts: tuple[list[Population], list[Population]] = ([], [])
    for expiry in sorted(listed.keys() | unquoted.keys()):
        short = expiry * 1000 - snapshot.observed_at_ms <= SHORT_MS
        part = _of_expiry(
            listed.get(expiry), unquoted.get(expiry, {}), strikes_of.get(expiry, []), refused_expiries.get(expiry)
        )
        parts[short].append(part)
    return _sum(parts[False]), _sum(parts[True])


def _of_expiry(
    listed: ExpirySnapshot | None,
    unquoted: Mapping[str, int],
    refused: Sequence[RefusedQuote],
    refused_by: str | None,
) -> Population:
    if listed is None:
        return Population(1, sum(unquoted.values()), unquoted, 0)
    quoted = {quote.strike_ticks for quote in listed.quotes if quote.quoted}
    removed = Counter(unquoted)
    removed[RULE_OTHER] += len(listed.quotes) - len(quoted) - sum(unquoted.values())
    for quote in refused:
        if quote.strike_ticks in quoted:
            removed[quote.rule] += 1
            quoted.discard(quote.strike_ticks)
    if refused_by is not None:
        removed[refused_by] += len(quoted)
        quoted = set()
    return Population(1, len(listed.quotes), +removed, len(quoted))


def _sum(parts: Sequence[Population]) -> Population:
    removed: Counter[str] = Counter()
    for part in parts:
        removed.update(part.removed)
    return Population(
        len(parts),
        sum(part.listed for part in parts),
        dict(sorted(removed.items())),
        sum(part.quotes for part in parts),
    )
