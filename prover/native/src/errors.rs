// SPDX-License-Identifier: Apache-2.0
//! Failures of this crate and the Python exceptions that they become.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError};
use pyo3::PyErr;
use snarkrs_lib::{VerifyError, ZkeyError};
use snarkrs_witness::WitnessError;
use zkrisk_groth16::{KeyError, Refusal};

create_exception!(zkrisk_native, NativeError, PyException, "Root of the errors of this module.");
create_exception!(zkrisk_native, KeyRejected, NativeError, "A key, constraint system or circuit file is malformed.");
create_exception!(zkrisk_native, SignalRejected, NativeError, "An input signal is missing, unknown or of wrong size.");
create_exception!(zkrisk_native, SignalOutOfRange, NativeError, "A signal is not below the order of the curve group.");
create_exception!(zkrisk_native, ConstraintFailed, NativeError, "The inputs do not satisfy the circuit.");
create_exception!(zkrisk_native, WitnessRejected, NativeError, "A witness vector is malformed.");
create_exception!(zkrisk_native, ProofRejected, NativeError, "A proof is malformed, out of range or false.");

/// Exception codes that circom's generated runtime passes to its host.
const CIRCOM_ASSERT_FAILED: i32 = 4;
const CIRCOM_OUT_OF_MEMORY: i32 = 5;

/// One failure, by the Python exception it becomes; the text names the broken rule.
#[derive(Debug)]
pub enum Failure {
    Io(String),
    Key(String),
    Signal(String),
    SignalRange(String),
    Constraint(String),
    Witness(String),
    Proof(String),
    Internal(String),
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Io(text) => PyOSError::new_err(text),
            Failure::Key(text) => KeyRejected::new_err(text),
            Failure::Signal(text) => SignalRejected::new_err(text),
            Failure::SignalRange(text) => SignalOutOfRange::new_err(text),
            Failure::Constraint(text) => ConstraintFailed::new_err(text),
            Failure::Witness(text) => WitnessRejected::new_err(text),
            Failure::Proof(text) => ProofRejected::new_err(text),
            Failure::Internal(text) => NativeError::new_err(text),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Io(error.to_string())
    }
}

impl From<ZkeyError> for Failure {
    fn from(error: ZkeyError) -> Self {
        match error {
            ZkeyError::Io(io) => Failure::Io(io.to_string()),
            other => Failure::Key(other.to_string()),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::File(error) => error.into(),
            KeyError::Shape(error) => Failure::Key(error.to_string()),
            KeyError::NoVectorInstructions => {
                Failure::Internal("the vector engine needs AVX-512 IFMA and a domain of at least 128 points".into())
            }
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::WitnessLength { got, expected } => {
                Failure::Witness(format!("witness has {got} words, the key expects {expected}"))
            }
            Refusal::ConstantWire => Failure::Witness("witness[0] is not 1".into()),
            Refusal::OutOfRange { wire } => Failure::Witness(format!("witness[{wire}] is not below r")),
            Refusal::FalseProof(error) => Failure::Proof(error.to_string()),
            Refusal::CorruptTables => Failure::Internal("tables of multiples are damaged again after a rebuild".into()),
            Refusal::Engine(text) => Failure::Internal(text),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::UnsafeKey(_) | VerifyError::EmptyVerifyingKey => Failure::Key(error.to_string()),
            other => Failure::Proof(other.to_string()),
        }
    }
}

impl From<WitnessError> for Failure {
    fn from(error: WitnessError) -> Self {
        let text = error.to_string().trim_end().to_owned();
        match error {
            WitnessError::Circuit { code: CIRCOM_ASSERT_FAILED, .. } => Failure::Constraint(text),
            WitnessError::Circuit { code: CIRCOM_OUT_OF_MEMORY, .. } => Failure::Internal(text),
            WitnessError::Circuit { .. }
            | WitnessError::SignalNotFound(_)
            | WitnessError::NotEnoughValues(_)
            | WitnessError::TooManyValues(_)
            | WitnessError::NotAllInputsSet { .. } => Failure::Signal(text),
            WitnessError::Unsupported(_) | WitnessError::Wasm(_) => Failure::Key(text),
            _ => Failure::Internal(text),
        }
    }
}
