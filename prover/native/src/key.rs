// SPDX-License-Identifier: Apache-2.0
//! A resident proving key.

use std::path::PathBuf;
use std::time::Instant;

use num_bigint::BigUint;
use pyo3::prelude::*;
use rayon::prelude::*;
use snarkrs_lib::groth16::scrub;
use snarkrs_lib::rand::rngs::OsRng;
use snarkrs_lib::{prove, Backend, CpuBackend, Fr, PreparedCircuit, ProvingKey, StageTimings};

use crate::boundary;
use crate::elements::{scalar_from_word, to_integer, WORD};
use crate::errors::Failure;

type G1Integers = (BigUint, BigUint);
type G2Integers = ((BigUint, BigUint), (BigUint, BigUint));
type Timings = Vec<(&'static str, f64)>;

/// Groth16 proving key of one circuit, parsed, checked and kept in memory. Safe to use from several threads.
#[pyclass(frozen, module = "zkrisk_native")]
pub struct Key {
    circuit: Box<dyn PreparedCircuit>,
}

#[pymethods]
impl Key {
    /// Reads a `.zkey`: every point on the curve, the verification points in the right subgroup, gamma unequal delta.
    /// Raises OSError or KeyRejected.
    #[staticmethod]
    fn load(py: Python<'_>, zkey_path: PathBuf) -> PyResult<Self> {
        boundary::run(py, || {
            let key = ProvingKey::load(&zkey_path)?;
            let circuit = CpuBackend::new().prepare(key).map_err(|error| Failure::Key(error.to_string()))?;
            Ok(Self { circuit })
        })
    }

    /// Public signals of the circuit.
    #[getter]
    fn n_public(&self) -> usize {
        self.circuit.n_public()
    }

    /// Wires of the circuit, the constant one included: the length of a witness.
    #[getter]
    fn n_wires(&self) -> usize {
        self.circuit.n_vars()
    }

    /// Size of the evaluation domain, a power of two above the number of constraints.
    #[getter]
    fn domain_size(&self) -> usize {
        self.circuit.domain_size()
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
            let mut wires = decode(witness, self.circuit.n_vars())?;
            let decode_ms = milliseconds_since(started);
            let mut stages = StageTimings::default();
            let proof = prove(self.circuit.as_ref(), &wires, &mut OsRng, &mut stages);
            let publics = wires[1..=self.circuit.n_public()].iter().map(|x| to_integer(*x)).collect();
            scrub(&mut wires);
            let proof = proof?;
            let timings = vec![
                ("decode_ms", decode_ms),
                ("gather_ms", from_microseconds(stages.gather_us)),
                ("transform_ms", from_microseconds(stages.ntt_us + stages.pointwise_us)),
                ("multiexponentiation_ms", from_microseconds(stages.msm_us)),
                ("assemble_ms", from_microseconds(stages.assemble_us)),
                ("verify_ms", from_microseconds(stages.verify_us)),
                ("total_ms", milliseconds_since(started)),
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

fn decode(witness: &[u8], n_wires: usize) -> Result<Vec<Fr>, Failure> {
    if witness.len() != n_wires * WORD {
        let rule = format!("witness has {} bytes, the key expects {n_wires} words of {WORD}", witness.len());
        return Err(Failure::Witness(rule));
    }
    witness
        .par_chunks_exact(WORD)
        .enumerate()
        .map(|(wire, word)| {
            scalar_from_word(word).ok_or_else(|| Failure::Witness(format!("witness[{wire}] is not below r")))
        })
        .collect()
}

fn from_microseconds(duration: u64) -> f64 {
    duration as f64 / 1e3
}

fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
