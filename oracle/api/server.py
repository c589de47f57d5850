# SPDX-License-Identifier: Apache-2.0
"""Serves the API from a background thread."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

import uvicorn

from oracle.api.app import ReadApi
from oracle.chain.client import wait_until
from oracle.errors import ChainError, ConfigError

START_TIMEOUT_S = 10.0


class ApiServer:
    """Context manager: the app on loopback at ``port`` (0: any free one). Raises :class:`ConfigError` for a taken one."""

    def __init__(self, app: ReadApi, port: int = 0, host: str = "127.0.0.1") -> None:
        self._streams = app.streams
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise ConfigError(f"API: {host} port {port}: {error.strerror}") from error
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    def __enter__(self) -> ApiServer:
        self._thread.start()
        try:
            wait_until(lambda: self._server.started, START_TIMEOUT_S, "API server")
        except ChainError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._streams.close()
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
