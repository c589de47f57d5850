# SPDX-License-Identifier: Apache-2.0
"""The integral of the spot over time, which the publishers sign: an average follows from any two reports.

Between two observations the spot is that of the later one, so that a report's integral is carried back to any moment since
the observation before at the report's own spot.
"""

from __future__ import annotations

from dataclasses import dataclass

from oracle.errors import InvalidValue

CUMULATIVE_BITS = 128


@dataclass(frozen=True)
class SpotIntegral:
    """``cumulative_e2_ms``: 1e-2 USD times milliseconds since any origin, as of ``observed_at_ms`` (Unix milliseconds)."""

    cumulative_e2_ms: int = 0
    observed_at_ms: int | None = None

    def at(self, spot_e2: int, observed_at_ms: int) -> SpotIntegral:
        """As of a later observation; the first one is the origin. Raises :class:`InvalidValue` for an earlier one."""
        if self.observed_at_ms is None:
            return SpotIntegral(0, observed_at_ms)
        elapsed_ms = observed_at_ms - self.observed_at_ms
        if elapsed_ms < 0:
            raise InvalidValue("observed_at_ms", observed_at_ms, f"must not be before {self.observed_at_ms}")
        cumulative = self.cumulative_e2_ms + spot_e2 * elapsed_ms
        if cumulative >> CUMULATIVE_BITS:
            raise InvalidValue("cumulative_e2_ms", cumulative, f"must be below 2^{CUMULATIVE_BITS}")
        return SpotIntegral(cumulative, observed_at_ms)
