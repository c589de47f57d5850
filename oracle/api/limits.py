# SPDX-License-Identifier: Apache-2.0
"""Bodies are bounded in size and time before anything parses them."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.api.problems import ApiProblem, BodyTooLarge, BodyTooSlow

BODY_LIMIT_BYTES = 16_384
BODY_TIMEOUT_S = 5.0


class BodyLimit:
    """ASGI middleware: a body is read whole, up to ``limit_bytes`` and ``timeout_s``, before the app sees the request."""

    def __init__(self, app: ASGIApp, limit_bytes: int = BODY_LIMIT_BYTES, timeout_s: float = BODY_TIMEOUT_S) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers BodyTooLarge or BodyTooSlow, else passes the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            first = await self._read(Headers(scope=scope), receive)
        except ApiProblem as problem:
            await problem.response()(scope, receive, send)
            return
        pending = [first]

        async def replay() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, replay, send)

    async def _read(self, headers: Headers, receive: Receive) -> Message:
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length[:20]) > self._limit_bytes:
            raise self._too_large()
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return message
                    body += message.get("body", b"")
                    if len(body) > self._limit_bytes:
                        raise self._too_large()
                    if not message.get("more_body", False):
                        return {"type": "http.request", "body": bytes(body), "more_body": False}
        except TimeoutError as error:
            raise BodyTooSlow(f"the body did not arrive within {self._timeout_s:g} s") from error

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"a body has at most {self._limit_bytes} bytes")
