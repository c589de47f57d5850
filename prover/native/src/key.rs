// SPDX-License-Identifier: Apache-2.0
//! A resident proving key.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use num_bigint::BigUint;
use pyo3::prelude::*;
use snarkrs_lib::rand::rngs::OsRng;
use snarkrs_lib::VerifyingKey;
use zeroize::Zeroizing;
use zkrisk_groth16::{Choice, Options, Prover, Refusal, Words};

use crate::boundary;
use crate::elements::{to_integer, WORD};
use crate::errors::Failure;

type G1Integers = (BigUint, BigUint);
type G2Integers = ((BigUint, BigUint), (BigUint, BigUint));
type Timings = Vec<(&'static str, f64)>;

/// Groth16 proving key of one circuit, parsed, checked and kept in memory. Safe to use from several threads.
#[pyclass(frozen, module = "zkrisk_native")]
pub struct Key {
    path: PathBuf,
    options: Options,
    prover: RwLock<Arc<Prover>>,
}

#[pymethods]
impl Key {
    /// Reads a `.zkey`: every point on the curve, the verification points in the right subgroup, gamma unequal delta.
    ///
    /// `engine` is "auto", "vector" (AVX-512 IFMA) or "portable". `tables`, with the SHA-256 of the key file, names the
    /// file that keeps the vector engine's tables: used if it fits the key, else written. `lean` asks for smaller tables.
    /// Raises OSError, KeyRejected, or NativeError for an engine that this machine does not have.
    #[staticmethod]
    #[pyo3(signature = (zkey_path, *, engine = "auto", lean = false, tables = None))]
    fn load(
        py: Python<'_>,
        zkey_path: PathBuf,
        engine: &str,
        lean: bool,
        tables: Option<(PathBuf, [u8; 32])>,
    ) -> PyResult<Self> {
        let engine = match engine {
            "auto" => Choice::Automatic,
            "vector" => Choice::Vector,
            "portable" => Choice::Portable,
            other => return Err(Failure::Internal(format!("engine {other} is not auto, vector or portable")).into()),
        };
        let options = Options { engine, lean, tables };
        boundary::run(py, || {
            let prover = RwLock::new(Arc::new(Prover::load(&zkey_path, &options)?));
            Ok(Self { path: zkey_path, options, prover })
        })
    }

    /// The arithmetic in use: "vector" or "portable".
    #[getter]
    fn engine(&self) -> &'static str {
        self.current().engine_name()
    }

    /// Public signals of the circuit.
    #[getter]
    fn n_public(&self) -> usize {
        self.current().n_public()
    }

    /// Wires of the circuit, the constant one included: the length of a witness.
    #[getter]
    fn n_wires(&self) -> usize {
        self.current().n_wires()
    }

    /// Size of the evaluation domain, a power of two above the number of constraints.
    #[getter]
    fn domain_size(&self) -> usize {
        self.current().domain_size()
    }

    /// Whether the snarkjs verification key in `vkey_json` is the one that proofs are checked against before they are
    /// returned. Raises KeyRejected for a malformed or unsafe key.
    fn verifies_under(&self, py: Python<'_>, vkey_json: &str) -> PyResult<bool> {
        boundary::run(py, || {
            let (other, prover) = (VerifyingKey::from_json_str(vkey_json)?, self.current());
            let own = prover.verifying_key();
            Ok((own.alpha_g1, own.beta_g2, own.gamma_g2, own.delta_g2)
                == (other.alpha_g1, other.beta_g2, other.gamma_g2, other.delta_g2)
                && own.ic == other.ic)
        })
    }

    /// Proves for `witness` (n_wires words of 32 bytes, little endian, canonical) and verifies the proof.
    ///
    /// Returns (a, b, c, publics, timings): affine coordinates as integers, b as ((x.c0, x.c1), (y.c0, y.c1)), timings in
    /// milliseconds by stage. Raises WitnessRejected for a malformed witness, ProofRejected for one that does not
    /// satisfy the circuit.
    fn prove(
        &self,
        py: Python<'_>,
        witness: &[u8],
    ) -> PyResult<(G1Integers, G2Integers, G1Integers, Vec<BigUint>, Timings)> {
        boundary::run(py, || {
            let started = Instant::now();
            let words = to_words(witness)?;
            let mut prover = self.current();
            let outcome = match prover.prove(&words, &mut OsRng) {
                Err(Refusal::CorruptTables) => {
                    prover = self.reload(&prover)?;
                    prover.prove(&words, &mut OsRng)
                }
                outcome => outcome,
            };
            let (proof, stages) = outcome?;
            let publics = words[1..=prover.n_public()].iter().map(|words| integer(*words)).collect();
            let timings = vec![
                ("decode_ms", stages.decode_ms),
                ("gather_ms", stages.gather_ms),
                ("transform_ms", stages.transform_ms),
                ("quotient_ms", stages.quotient_ms),
                ("witness_ms", stages.witness_ms),
                ("assemble_ms", stages.assemble_ms),
                ("verify_ms", stages.verify_ms),
                ("total_ms", started.elapsed().as_secs_f64() * 1e3),
            ];
            let (a, b, c) = (proof.a, proof.b, proof.c);
            Ok((
                (to_integer(a.x), to_integer(a.y)),
                ((to_integer(b.x.c0), to_integer(b.x.c1)), (to_integer(b.y.c0), to_integer(b.y.c1))),
                (to_integer(c.x), to_integer(c.y)),
                publics,
                timings,
            ))
        })
    }
}

impl Key {
    fn current(&self) -> Arc<Prover> {
        Arc::clone(&self.prover.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops the damaged tables of `failed` and prepares the key anew, unless another thread already did.
    ///
    /// No lock is held meanwhile: a thread of the pool that waits for the others may take up another proof.
    fn reload(&self, failed: &Arc<Prover>) -> Result<Arc<Prover>, Failure> {
        let current = self.current();
        if !Arc::ptr_eq(&current, failed) {
            return Ok(current);
        }
        if let Some((path, _)) = &self.options.tables {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        let prover = Arc::new(Prover::load(&self.path, &self.options)?);
        *self.prover.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&prover);
        Ok(prover)
    }
}

fn to_words(witness: &[u8]) -> Result<Zeroizing<Vec<Words>>, Failure> {
    let (wires, rest) = witness.as_chunks::<WORD>();
    if !rest.is_empty() {
        return Err(Failure::Witness(format!("witness has {} bytes, not words of {WORD}", witness.len())));
    }
    let mut words = Zeroizing::new(vec![[0; 4]; wires.len()]);
    for (words, wire) in words.iter_mut().zip(wires) {
        for (word, bytes) in words.iter_mut().zip(wire.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
    }
    Ok(words)
}

fn integer(words: Words) -> BigUint {
    ark_ff::BigInt(words).into()
}
