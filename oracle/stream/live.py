# SPDX-License-Identifier: Apache-2.0
"""Live frames of Deribit over its WebSocket (API v2, JSON-RPC): every option's ticker and the indices of some currencies.

Frames are passed on as received; reading them is :mod:`oracle.stream.deribit`'s work, so what is recorded and what is
live take one path. A lost connection is a ledger entry under the rule ``disconnected`` and is opened again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from oracle.errors import FrameRejected
from oracle.stream.fields import decode
from oracle.stream.ledger import RejectLedger
from oracle.stream.recording import Frame

DERIBIT_URL = "wss://www.deribit.com/ws/api/v2"
CHANNELS_PER_REQUEST = 200
HEARTBEAT_S = 30
OPEN_TIMEOUT_S = 10.0
MAX_REPLY_BYTES = 8 << 20
"""The largest message taken from the connection: a list of instruments is longer than any other frame."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0


@dataclass(frozen=True)
class LiveSource:
    """Where frames come from: a WebSocket address, the currencies whose options are followed, for how many seconds."""

    url: str
    currencies: tuple[str, ...]
    seconds: float

    def frames(self, ledger: RejectLedger) -> Iterator[Frame]:
        """Frames until the time is over; ``connection_id`` counts the connections from 1.

        Pauses between attempts double from half a second to half a minute and start afresh once a frame has come.
        """
        deadline = time.monotonic() + self.seconds
        connection_id, pause_s = 0, FIRST_PAUSE_S
        while time.monotonic() < deadline:
            connection_id += 1
            try:
                with connect(self.url, max_size=MAX_REPLY_BYTES, open_timeout=OPEN_TIMEOUT_S) as socket:
                    for text in self._session(socket, deadline):
                        pause_s = FIRST_PAUSE_S
                        yield Frame(time.time_ns() // 1000, text, connection_id)
            except (OSError, WebSocketException) as error:
                ledger.record("disconnected", self.url, time.time_ns() // 1000, {"error": repr(error)})
                time.sleep(max(0.0, min(pause_s, deadline - time.monotonic())))
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _session(self, socket: ClientConnection, deadline: float) -> Iterator[str]:
        """One connection: asks for the instruments, subscribes, answers heartbeats."""
        _request(socket, 0, "public/set_heartbeat", {"interval": HEARTBEAT_S})
        for number, currency in enumerate(self.currencies, start=1):
            parameters = {"currency": currency, "kind": "option", "expired": False}
            _request(socket, number, "public/get_instruments", parameters)
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                received = socket.recv(timeout=left_s)
            except TimeoutError:
                return
            text = received if isinstance(received, str) else received.decode("utf-8", "replace")
            yield text
            self._answer(socket, text)

    def _answer(self, socket: ClientConnection, text: str) -> None:
        """Replies to a heartbeat's test and subscribes to what an instrument list names; ignores everything else."""
        if '"subscription"' in text:
            return
        try:
            message = decode(text, MAX_REPLY_BYTES)
        except FrameRejected:
            return
        if not isinstance(message, dict):
            return
        if message.get("method") == "heartbeat" and _type_of(message) == "test_request":
            _request(socket, 0, "public/test", {})
        number, listed = message.get("id"), message.get("result")
        if isinstance(number, int) and 0 < number <= len(self.currencies) and isinstance(listed, list):
            names = [item["instrument_name"] for item in listed if isinstance(item, dict) and "instrument_name" in item]
            _subscribe(socket, self.currencies[number - 1], [name for name in names if isinstance(name, str)])


def _type_of(message: dict[str, Any]) -> object:
    parameters = message.get("params")
    return parameters.get("type") if isinstance(parameters, dict) else None


def _subscribe(socket: ClientConnection, currency: str, names: Sequence[str]) -> None:
    channels = [f"deribit_price_index.{currency.lower()}_usd", *(f"ticker.{name}.100ms" for name in names)]
    for start in range(0, len(channels), CHANNELS_PER_REQUEST):
        parameters = {"channels": channels[start : start + CHANNELS_PER_REQUEST]}
        _request(socket, 1_000_000 + start, "public/subscribe", parameters)


def _request(socket: ClientConnection, number: int, method: str, parameters: dict[str, Any]) -> None:
    socket.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}))
