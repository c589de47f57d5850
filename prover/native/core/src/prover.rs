// SPDX-License-Identifier: Apache-2.0
//! A resident proving key, and proofs with it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ark_bn254::Fr;
use ark_ff::{BigInt, One, PrimeField, Zero};
use rayon::prelude::*;
use snarkrs_lib::groth16::{scrub, MsmOutputs};
use snarkrs_lib::rand::{CryptoRng, RngCore};
use snarkrs_lib::{
    Backend, CpuBackend, PreparedCircuit, Proof, ProveError, ProvingKey, StageTimings, VerifyError, VerifyingKey,
    ZkeyError,
};

use crate::assemble::{assemble, Blinding, Deltas};
use crate::check::Checker;
use crate::timings::{milliseconds_since, Timings};
#[cfg(target_arch = "x86_64")]
use crate::{fast, machine::lanes::Ifma};

/// A scalar in [0, r), little endian.
pub type Words = [u64; 4];

/// Which arithmetic a key is prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The fastest that the processor has.
    Automatic,
    /// AVX-512 IFMA with tables; refused without the instructions.
    Vector,
    /// Scalar arithmetic without tables.
    Portable,
}

/// How a key is prepared.
#[derive(Clone, Debug)]
pub struct Options {
    pub engine: Choice,
    /// A quarter of the tables' memory for somewhat slower proofs.
    pub lean: bool,
    /// Where tables are kept, and the SHA-256 of the key file that they belong to; without it they are made anew.
    pub tables: Option<(PathBuf, [u8; 32])>,
}

/// Why a key cannot be used.
#[derive(Debug)]
pub enum KeyError {
    File(ZkeyError),
    Shape(ProveError),
    /// `Choice::Vector` on a processor without AVX-512 IFMA.
    NoVectorInstructions,
}

/// Why there is no proof.
#[derive(Debug)]
pub enum Refusal {
    WitnessLength {
        got: usize,
        expected: usize,
    },
    /// The first wire is not one.
    ConstantWire,
    /// The wire's value is not below r.
    OutOfRange {
        wire: usize,
    },
    /// The proof does not verify: the witness does not satisfy the circuit.
    FalseProof(VerifyError),
    /// The tables in memory differ from what was written to their file.
    CorruptTables,
    Engine(String),
}

enum Engine {
    #[cfg(target_arch = "x86_64")]
    Vector(Box<fast::FastKey>, Box<ProvingKey>),
    Portable(Box<dyn PreparedCircuit>),
}

/// A proving key in memory. Safe to use from several threads at once.
pub struct Prover {
    engine: Engine,
    checker: Checker,
    deltas: Deltas,
}

impl Prover {
    /// Reads a `.zkey`: every point on its curve, the verification points in the right subgroup, gamma unequal delta.
    pub fn load(path: &Path, options: &Options) -> Result<Self, KeyError> {
        Self::new(ProvingKey::load(path).map_err(KeyError::File)?, options)
    }

    /// Prepares a key whose points have been checked.
    pub(crate) fn new(key: ProvingKey, options: &Options) -> Result<Self, KeyError> {
        let checker = Checker::new(&key.vk).map_err(KeyError::File)?;
        let deltas = Deltas::new(&key);
        let portable = |key| CpuBackend::new().prepare(key).map(Engine::Portable).map_err(KeyError::Shape);
        let engine = match options.engine {
            Choice::Portable => portable(key)?,
            Choice::Automatic | Choice::Vector => match prepare_vector(key, options)? {
                Ok(engine) => engine,
                Err(_) if options.engine == Choice::Vector => return Err(KeyError::NoVectorInstructions),
                Err(key) => portable(*key)?,
            },
        };
        Ok(Self { engine, checker, deltas })
    }

    /// "vector" or "portable".
    pub fn engine_name(&self) -> &'static str {
        match &self.engine {
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(..) => "vector",
            Engine::Portable(_) => "portable",
        }
    }

    pub(crate) fn key(&self) -> &ProvingKey {
        match &self.engine {
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(_, key) => key,
            Engine::Portable(circuit) => circuit.key(),
        }
    }

    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.key().vk
    }

    /// Public signals.
    pub fn n_public(&self) -> usize {
        self.key().n_public
    }

    /// Wires, the constant one included.
    pub fn n_wires(&self) -> usize {
        self.key().n_vars
    }

    /// Size of the evaluation domain.
    pub fn domain_size(&self) -> usize {
        self.key().domain_size
    }

    /// A verified proof for the values `words` of all wires. The blinding factors come from `rng` and are overwritten.
    pub fn prove<R: RngCore + CryptoRng>(&self, words: &[Words], rng: &mut R) -> Result<(Proof, Timings), Refusal> {
        let mut timings = Timings::default();
        let started = Instant::now();
        self.check(words)?;
        let publics: Vec<Fr> = words[1..=self.n_public()].iter().map(element).collect();
        timings.decode_ms = milliseconds_since(started);
        let blinding = Blinding::draw(rng);
        let (sums, (multiples, publics)) = rayon::join(
            || self.multiply(words, &mut timings),
            || {
                rayon::join(
                    || blinding.multiples(&self.deltas),
                    || self.checker.publics(self.verifying_key(), &publics),
                )
            },
        );
        let started = Instant::now();
        let proof = sums.map(|sums| assemble(self.key(), &sums, &blinding, multiples));
        timings.assemble_ms = milliseconds_since(started);
        let started = Instant::now();
        let checked = proof.and_then(|proof| {
            publics.and_then(|publics| self.checker.verify(&publics, &proof)).map_err(Refusal::FalseProof)?;
            Ok(proof)
        });
        timings.verify_ms = milliseconds_since(started);
        match checked {
            Err(Refusal::FalseProof(_)) if !self.tables_intact() => Err(Refusal::CorruptTables),
            Err(refusal) => Err(refusal),
            Ok(proof) => Ok((proof, timings)),
        }
    }

    fn tables_intact(&self) -> bool {
        match &self.engine {
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(fast, _) => fast.intact(),
            Engine::Portable(_) => true,
        }
    }

    /// That there is one canonical value per wire, one for the first.
    fn check(&self, words: &[Words]) -> Result<(), Refusal> {
        if words.len() != self.n_wires() {
            return Err(Refusal::WitnessLength { got: words.len(), expected: self.n_wires() });
        }
        if words[0] != [1, 0, 0, 0] {
            return Err(Refusal::ConstantWire);
        }
        match words.iter().position(|words| words[3] != 0 && BigInt(*words) >= Fr::MODULUS) {
            Some(wire) => Err(Refusal::OutOfRange { wire }),
            None => Ok(()),
        }
    }

    pub(crate) fn multiply(&self, words: &[Words], timings: &mut Timings) -> Result<MsmOutputs, Refusal> {
        match &self.engine {
            #[cfg(target_arch = "x86_64")]
            Engine::Vector(fast, _) => Ok(fast.multiply(words, timings)),
            Engine::Portable(circuit) => {
                let mut stages = StageTimings::default();
                let mut witness: Vec<Fr> = words.par_iter().with_min_len(1024).map(element).collect();
                let sums = circuit.h_and_msms(&witness, &mut stages);
                scrub(&mut witness);
                timings.gather_ms = stages.gather_us as f64 / 1e3;
                timings.transform_ms = (stages.ntt_us + stages.pointwise_us) as f64 / 1e3;
                timings.quotient_ms = stages.msm_us as f64 / 1e3;
                sums.map_err(|error| Refusal::Engine(error.to_string()))
            }
        }
    }
}

/// The element with the canonical value `words`.
fn element(words: &Words) -> Fr {
    match words {
        [0, 0, 0, 0] => Fr::zero(),
        [1, 0, 0, 0] => Fr::one(),
        words => Fr::from_bigint(BigInt(*words)).unwrap_or_default(),
    }
}

/// The vector engine, or the key back where it cannot serve.
#[cfg(target_arch = "x86_64")]
fn prepare_vector(mut key: ProvingKey, options: &Options) -> Result<Result<Engine, Box<ProvingKey>>, KeyError> {
    let Some(ifma) = Ifma::detect() else { return Ok(Err(Box::new(key))) };
    check_shape(&key)?;
    let file = options.tables.as_ref().map(|(path, key_sha256)| fast::TableFile { path, key_sha256: *key_sha256 });
    Ok(match fast::FastKey::new(ifma, &mut key, options.lean, file) {
        Some(fast) => Ok(Engine::Vector(Box::new(fast), Box::new(key))),
        None => Err(Box::new(key)),
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn prepare_vector(key: ProvingKey, _options: &Options) -> Result<Result<Engine, Box<ProvingKey>>, KeyError> {
    Ok(Err(Box::new(key)))
}

/// What the portable engine checks of a key by itself.
#[cfg(target_arch = "x86_64")]
fn check_shape(key: &ProvingKey) -> Result<(), KeyError> {
    let malformed = |reason: String| KeyError::Shape(ProveError::Backend { backend: "vector", reason });
    key.coeffs.check_structure(key.domain_size, key.n_vars).map_err(KeyError::File)?;
    if key.n_public >= key.n_vars || !key.domain_size.is_power_of_two() {
        return Err(malformed(format!("{} public signals, {} wires", key.n_public, key.n_vars)));
    }
    let n_private = key.n_vars - key.n_public - 1;
    let sizes = [
        ("A", key.a_query.len(), key.n_vars),
        ("B in G1", key.b_g1_query.len(), key.n_vars),
        ("B in G2", key.b_g2_query.len(), key.n_vars),
        ("C", key.l_query.len(), n_private),
        ("H", key.h_query.len(), key.domain_size),
    ];
    match sizes.into_iter().find(|(_, size, expected)| size != expected) {
        Some((name, size, expected)) => Err(malformed(format!("query {name} has {size} points, not {expected}"))),
        None => Ok(()),
    }
}
