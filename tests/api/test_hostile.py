# SPDX-License-Identifier: Apache-2.0
"""Hostile requests are refused by name and cost the node nothing; afterwards it serves as before."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI

from oracle.api.limits import BODY_LIMIT_BYTES, BodyLimit
from oracle.api.margin_models import MAX_LEGS
from oracle.api.problems import install_problems
from tests.api.conftest import MARKET, Served, problem_of

PATH = f"/v1/markets/{MARKET}/margin"
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
def _still_serves(api: Served) -> Iterator[None]:
    yield
    assert api.client.post(PATH, json={"cash_e6": 0, "positions": []}).status_code == 200


def post(api: Served, content: bytes) -> httpx.Response:
    return api.client.post(PATH, content=content, headers=JSON)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'{"cash_e6": ' + b"9" * 9_000 + b"}"])
def test_what_is_not_json_is_refused_by_name(api: Served, body: bytes) -> None:
    response = post(api, body)
    assert response.status_code in (400, 422)
    assert problem_of(response) in ("MalformedBody", "InvalidRequest")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1e400", "-0.5", "9007199254740992"])
def test_a_number_that_is_no_amount_is_refused_by_name(api: Served, number: str) -> None:
    response = post(api, f'{{"cash_e6": {number}, "positions": []}}'.encode())
    assert problem_of(response) == "InvalidRequest"
    (error,) = response.json()["errors"]
    assert error["field"] == "body.cash_e6"


@pytest.mark.parametrize("body", ["null", "[]", "{}", '"x"', '{"cash_e6": 0, "positions": {}}'])
def test_another_shape_is_an_invalid_request(api: Served, body: str) -> None:
    assert problem_of(post(api, body.encode())) == "InvalidRequest"


def test_more_legs_than_two_books_are_an_invalid_request(api: Served) -> None:
    leg = {"expiry": 1, "strike_ticks": 1, "put": True, "amount_e4": 1}
    response = api.client.post(PATH, json={"cash_e6": 0, "positions": [leg] * (MAX_LEGS + 1)})
    assert problem_of(response) == "InvalidRequest"
    assert response.json()["errors"][0]["field"] == "body.positions"


def test_a_hundred_thousand_positions_are_a_body_too_large(api: Served) -> None:
    leg = {"expiry": 1, "strike_ticks": 1, "put": True, "amount_e4": 1}
    body = json.dumps({"cash_e6": 0, "positions": [leg] * 100_000}).encode()
    response = post(api, body)
    assert (response.status_code, problem_of(response)) == (413, "BodyTooLarge")


def test_a_body_of_unstated_length_is_cut_at_the_limit(api: Served) -> None:
    response = api.client.post(PATH, content=(b" " * 4096 for _ in range(64)), headers=JSON)
    assert (response.status_code, problem_of(response)) == (413, "BodyTooLarge")


def test_a_body_of_exactly_the_limit_passes(api: Served) -> None:
    body = b'{"cash_e6": 0, "positions": []}'
    assert post(api, body.ljust(BODY_LIMIT_BYTES)).status_code == 200
    assert problem_of(post(api, body.ljust(BODY_LIMIT_BYTES + 1))) == "BodyTooLarge"


def test_an_error_shows_at_most_eight_values_and_little_of_each(api: Served) -> None:
    leg = {"expiry": "x" * 300, "strike_ticks": -1, "put": 2, "amount_e4": None}
    response = api.client.post(PATH, json={"cash_e6": 0, "positions": [leg] * 20})
    errors = response.json()["errors"]
    assert len(errors) == 8
    assert max(len(error["value"]) for error in errors) < 100


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/v2", 404, "UnknownRoute"),
        ("DELETE", "/v1/proofs", 405, "MethodNotAllowed"),
        ("GET", f"/v1/markets/{'x' * 500}/surface", 422, "InvalidRequest"),
        ("GET", "/v1/markets/%00/surface", 404, "UnknownMarket"),
        ("GET", f"/v1/proofs/{'x' * 500}", 422, "InvalidRequest"),
    ],
)
def test_a_wrong_path_or_method_has_a_name(api: Served, method: str, path: str, status: int, name: str) -> None:
    response = api.client.request(method, path)
    assert (response.status_code, problem_of(response)) == (status, name)


def test_a_connection_that_ends_within_its_body_is_forgotten(api: Served) -> None:
    where = urlsplit(api.url)
    with socket.create_connection((where.hostname or "", where.port or 0)) as half:
        half.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())


def test_a_body_that_does_not_arrive_is_too_slow() -> None:
    async def run() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            await asyncio.sleep(60)
            raise AssertionError("the limit did not end the wait")

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        limited = BodyLimit(FastAPI(), timeout_s=0.01)
        await limited({"type": "http", "method": "POST", "headers": []}, receive, send)  # type: ignore[arg-type]
        return sent

    start, body = asyncio.run(run())
    assert start["status"] == 408
    assert json.loads(str(bytes(body["body"]).decode()))["type"] == "BodyTooSlow"  # type: ignore[call-overload]


def test_an_unexpected_error_says_nothing_of_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/broken")
    def broken() -> None:
        raise ZeroDivisionError("a secret")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://node") as client:
            return await client.get("/broken")

    response = asyncio.run(get())
    assert (response.status_code, problem_of(response)) == (500, "InternalError")
    assert "secret" not in response.text
    assert "a secret" in caplog.text
