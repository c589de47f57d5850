# SPDX-License-Identifier: Apache-2.0
"""Markets, surfaces, Greeks and accounts as clients see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from oracle.analytics.black76 import greeks
from oracle.model.black76 import black76
from oracle.node.epoch import ProvenEpoch
from tests.api.conftest import MARKET, OWNER, UNREACHABLE, UNVALUED, Served, problem_of

YEAR_S = 365 * 86_400


def test_a_node_is_live_at_once_and_ready_once_an_epoch_landed(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh()
    assert served.client.get("/live").json() == {"live": True}
    before = served.client.get("/ready")
    assert (before.status_code, before.json()["ready"]) == (503, False)
    served.state.fail("epoch 0 of BTC-USD: refused")
    served.state.publish(history[0])
    after = served.client.get("/ready")
    assert after.status_code == 200
    assert after.json() == {
        "ready": True,
        "epochs": 1,
        "failed_epochs": 1,
        "last_error": "epoch 0 of BTC-USD: refused",
    }


def test_markets_name_their_newest_epoch_and_live_expiries(api: Served, history: list[ProvenEpoch]) -> None:
    served, silent = api.client.get("/v1/markets").json()["markets"]
    newest = history[-1]
    assert served == {
        "market": MARKET,
        "epoch": newest.report.epoch,
        "observed_at_ms": newest.report.observed_at_ms,
        "expiries": [w.expiry for w in newest.fitted.witnesses],
    }
    assert silent == {"market": "ETH-USD", "epoch": None, "observed_at_ms": None, "expiries": []}


def test_a_surface_holds_every_expiry_as_it_last_landed(
    fresh: Callable[..., Served], history: list[ProvenEpoch]
) -> None:
    served = fresh()
    for epoch in history:
        served.state.publish(epoch)
        document = served.client.get(f"/v1/markets/{MARKET}/surface").json()
        assert document["epoch"] == epoch.report.epoch
        seen = history[: history.index(epoch) + 1]
        for expiry in document["expiries"]:
            landed = [(e, u.witness) for e in seen for u in e.updates if u.witness.expiry == expiry["expiry"]]
            source, witness = landed[-1]
            assert expiry["epoch"] == source.report.epoch
            assert expiry["report_digest"] == "0x" + source.report.digest().hex()
            assert expiry["forward_q16"] == witness.values.forward_q16
            assert [s["mark_e2"] for s in expiry["strikes"]] == [s.mark_e2 for s in witness.values.strikes]
            assert [int(q) for q in expiry["density_q"]] == list(witness.density.density_q)
            proof = served.client.get(f"/v1/proofs/{expiry['proof_id']}").json()
            assert proof["circuit"] == expiry["circuit"]


def test_greeks_carry_the_proven_words_and_floats_that_agree_with_black_76(api: Served) -> None:
    document = api.client.get(f"/v1/markets/{MARKET}/greeks").json()
    assert document["indicative"] is True
    assert document["expiries"]
    names = ("delta", "gamma", "vega", "theta", "rho", "vanna", "volga")
    for expiry, landed in zip(document["expiries"], api.state.landed(MARKET), strict=True):
        years = (expiry["expiry"] - expiry["observed_at_ms"] / 1000) / YEAR_S
        forward = expiry["forward_q16"] / 65_536 * document["tick_e2"] / 100
        for strike, value in zip(expiry["strikes"], landed.witness.values.strikes, strict=True):
            core = black76(value.ln_strike_q48 - landed.witness.values.ln_forward_q48, value.total_vol_q32)
            assert (int(strike["cdf_d1_q152"]), int(strike["pdf_d1_q227"])) == (core.cdf_d1, core.pdf_d1)
            assert (strike["mark_e2"], strike["total_vol_q32"]) == (value.mark_e2, value.total_vol_q32)
            vol = strike["total_vol_q32"] / 2**32 / years**0.5
            dollars = strike["strike_ticks"] * document["tick_e2"] / 100
            for kind, put in (("call_indicative", False), ("put_indicative", True)):
                expected = greeks(forward, dollars, vol, years, put)
                shown = strike[kind]
                cents = forward * 2**-22 + 0.011  # the mark's rounding and [B-2]
                assert shown["price"] == pytest.approx(float(expected.price), abs=cents)
                for name in names:
                    # the mark's cent reaches rho; vanna and volga vanish where d1 or d2 does
                    slack = {"rho": years * cents, "vanna": 1e-7, "volga": 1e-3}.get(name, 1e-9)
                    assert shown[name] == pytest.approx(float(getattr(expected, name)), rel=2e-6, abs=slack), name


def test_an_expired_slice_leaves_the_surface(history: list[ProvenEpoch], fresh: Callable[..., Served]) -> None:
    served = fresh()
    served.state.publish(history[0])
    first, second = (w.expiry for w in history[0].fitted.witnesses)
    late = replace(history[1].report, observed_at_ms=first * 1000)
    served.state.publish(replace(history[1], report=late, updates=(), bundles=()))
    assert [e["expiry"] for e in served.client.get(f"/v1/markets/{MARKET}/surface").json()["expiries"]] == [second]


@pytest.mark.parametrize("path", ["surface", "greeks", f"accounts/{OWNER}/health"])
def test_a_market_that_is_not_served_is_an_unknown_market(api: Served, path: str) -> None:
    assert problem_of(api.client.get(f"/v1/markets/DOGE-USD/{path}")) == "UnknownMarket"


@pytest.mark.parametrize("path", ["surface", "greeks"])
def test_a_market_before_its_first_epoch_is_nothing_landed(api: Served, path: str) -> None:
    response = api.client.get(f"/v1/markets/ETH-USD/{path}")
    assert (response.status_code, problem_of(response)) == (503, "NothingLanded")


def test_an_account_has_its_health_and_the_verdict(api: Served) -> None:
    document = api.client.get(f"/v1/markets/{MARKET}/accounts/{OWNER}/health").json()
    assert document == {
        "address": OWNER,
        "nonce": 3,
        "cash_e6": 5_000_000,
        "equity_e6": 4_000_000,
        "maintenance_cash_e6": 6_000_000,
        "worst_row": 11,
        "locked": False,
        "insolvent": True,
    }


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [(UNVALUED, 422, "AccountNotValued"), (UNREACHABLE, 503, "ChainUnavailable"), ("0x12", 422, "InvalidRequest")],
)
def test_an_account_that_cannot_be_shown_says_why(api: Served, address: str, status: int, name: str) -> None:
    response = api.client.get(f"/v1/markets/{MARKET}/accounts/{address}/health")
    assert (response.status_code, problem_of(response)) == (status, name)
