# SPDX-License-Identifier: Apache-2.0
"""A local Anvil chain as a child process."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from types import TracebackType

from eth_account.signers.local import LocalAccount
from web3 import Web3

from oracle.chain.client import wait_until
from oracle.errors import ChainError

CHAIN_ID = 31337
BINARY = Path("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
START_TIMEOUT_S = 20.0
FUNDS_WEI = 10**21


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    """Another node on the port would answer in Anvil's place."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ChainError(f"anvil: port {port}: {error.strerror}") from error


class Anvil:
    """Context manager: Anvil with default size and gas rules, its clock starting at ``timestamp`` (Unix seconds; None: now),
    a copy of the chain at ``fork_url`` where one is named."""

    def __init__(
        self,
        root: Path,
        timestamp: int | None = None,
        port: int | None = None,
        chain_id: int = CHAIN_ID,
        fork_url: str | None = None,
    ) -> None:
        self._binary = root / BINARY
        self._timestamp = timestamp
        self._fork_url = fork_url
        self._chain_id = chain_id
        self._port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def rpc_url(self) -> str:
        """Its JSON-RPC address."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Anvil:
        if not self._binary.exists():
            raise ChainError(f"{self._binary} is missing; run `make setup`")
        _require_free(self._port)
        command = [str(self._binary), "--port", str(self._port), "--chain-id", str(self._chain_id), "--silent"]
        command += ["--accounts", "0"]
        command += [] if self._timestamp is None else ["--timestamp", str(self._timestamp)]
        command += [] if self._fork_url is None else ["--fork-url", self._fork_url, "--no-storage-caching"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.web3 = Web3(Web3.HTTPProvider(self.rpc_url))
        try:
            wait_until(self._is_up, START_TIMEOUT_S, "anvil")
        except ChainError:
            self.__exit__(None, None, None)
            raise
        return self

    def _is_up(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise ChainError(f"anvil ended with status {self._process.returncode}")
        return bool(self.web3.is_connected())

    def fund(self, account: LocalAccount) -> None:
        """Gives an account ether for gas."""
        self.web3.provider.make_request("anvil_setBalance", [account.address, hex(FUNDS_WEI)])  # type: ignore[arg-type]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
