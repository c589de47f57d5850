# SPDX-License-Identifier: Apache-2.0
"""Metrics as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from oracle.node.epoch import ProvenEpoch
from tests.api.conftest import MARKET, Served


def samples(served: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """(name, sorted labels) to the value."""
    response = served.client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_metrics_count_epochs_slices_stages_and_refusals(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh()
    served.state.refusals = lambda: {"crossed": 3, "stale": 1}
    served.state.fail("refused")
    for epoch in history:
        served.state.publish(epoch)
    found = samples(served)
    proofs = [bundle.proof for epoch in history for bundle in epoch.bundles]
    assert found["zkrisk_epochs_landed_total", ()] == len(history)
    assert found["zkrisk_epochs_failed_total", ()] == 1
    assert found["zkrisk_slices_proven_total", ()] == len(proofs)
    for stage in ("witness", "prove", "verify"):
        labels = (("circuit", "slice_32_16"), ("stage", stage))
        spent_ms = sum(getattr(proof.timings, f"{stage}_ms") for proof in proofs)
        assert found["zkrisk_proof_stage_seconds_count", labels] == len(proofs)
        assert found["zkrisk_proof_stage_seconds_sum", labels] == pytest.approx(spent_ms / 1000)
    assert found["zkrisk_refusals_total", (("rule", "crossed"),)] == 3
    observed = found["zkrisk_newest_epoch_observed_seconds", (("market", MARKET),)]
    assert observed == history[-1].report.observed_at_ms / 1000
    assert ("zkrisk_newest_epoch_observed_seconds", (("market", "ETH-USD"),)) not in found


def test_request_latency_is_counted_by_route_template_and_status(fresh: Callable[..., Served]) -> None:
    served = fresh()
    for path in ("/live", "/live", f"/v1/markets/{MARKET}/surface", "/v1/markets/DOGE/surface", "/nowhere"):
        served.client.get(path)
    found = samples(served)

    def count(route: str, status: int) -> float:
        return found["zkrisk_request_seconds_count", (("route", route), ("status", str(status)))]

    assert count("/live", 200) == 2
    assert count("/v1/markets/{market}/surface", 503) == 1
    assert count("/v1/markets/{market}/surface", 404) == 1
    assert count("unmatched", 404) == 1


def test_two_apis_in_one_process_count_apart(fresh: Callable[..., Served]) -> None:
    first, second = fresh(), fresh()
    first.state.fail("refused")
    assert samples(first)["zkrisk_epochs_failed_total", ()] == 1
    assert samples(second)["zkrisk_epochs_failed_total", ()] == 0
