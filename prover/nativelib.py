# SPDX-License-Identifier: Apache-2.0
"""Access to the compiled module: found when first needed, its exceptions turned into this package's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from prover.errors import (
    ConstraintViolated,
    CorruptKey,
    InvalidProof,
    InvalidWitness,
    NativeFailure,
    NativeMissing,
    ProverError,
    SignalOutOfField,
    UnknownSignal,
)

if TYPE_CHECKING:
    pass


def native_available() -> bool:
    """Whether the compiled module is installed."""
    try:
        require_native()
    except NativeMissing:
        return False
    return True


def require_native() -> ModuleType:
    """The compiled module `zkrisk_native`. Raises NativeMissing."""
    try:
        import zkrisk_native
    except ImportError as error:
        rule = "not installed: install Rust's cargo and run `make setup`"
        raise NativeMissing("module", "zkrisk_native", rule) from error
    return zkrisk_native


@contextmanager
def translated(field: str, value: object) -> Iterator[None]:
    """Turn an exception of the compiled module into the ProverError that names `field` and `value`."""
    native = require_native()
    classes: list[tuple[type[Exception], type[ProverError]]] = [
        (native.KeyRejected, CorruptKey),
        (native.SignalRejected, UnknownSignal),
        (native.SignalOutOfRange, SignalOutOfField),
        (native.ConstraintFailed, ConstraintViolated),
        (native.WitnessRejected, InvalidWitness),
        (native.ProofRejected, InvalidProof),
        (native.NativeError, NativeFailure),
        (OSError, NativeFailure),
    ]
    try:
        yield
    except (native.NativeError, OSError) as error:
        target = next(ours for theirs, ours in classes if isinstance(error, theirs))
        raise target(field, value, str(error)) from error
