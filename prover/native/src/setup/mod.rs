// SPDX-License-Identifier: Apache-2.0
//! Development keys: one party draws every secret, so whoever runs this could forge proofs.
//!
//! The key is that of Groth16 ("On the Size of Pairing-based Non-interactive Arguments", EUROCRYPT 2016, section 3.2)
//! with gamma fixed to one, as snarkjs lays it out: n_public + 1 rows binding the public wires follow the constraints,
//! and the H bases are the odd Lagrange polynomials of the doubled domain.

mod qap;
mod r1cs;
mod vkey;
mod zkey;

use std::path::PathBuf;

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::scalar_mul::BatchMulPreprocessing;
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{One, UniformRand, Zero};
use pyo3::prelude::*;
use rayon::prelude::*;
use snarkrs_lib::rand::rngs::OsRng;
use zeroize::Zeroizing;
use zkrisk_groth16::{multiples_g1, multiples_g2};

use crate::boundary;
use crate::errors::Failure;

/// Scalars handed to one task of a fixed-base multiplication.
const CHUNK: usize = 1024;

/// The secrets of the setup, overwritten when dropped.
pub struct Secrets {
    pub tau: Zeroizing<Fr>,
    pub alpha: Zeroizing<Fr>,
    pub beta: Zeroizing<Fr>,
    pub delta: Zeroizing<Fr>,
}

impl Secrets {
    fn draw() -> Self {
        Self { tau: draw_scalar(), alpha: draw_scalar(), beta: draw_scalar(), delta: draw_scalar() }
    }
}

/// A scalar from the operating system, neither zero nor one: delta = one would be gamma, and the key forgeable.
fn draw_scalar() -> Zeroizing<Fr> {
    loop {
        let scalar = Zeroizing::new(Fr::rand(&mut OsRng));
        if !scalar.is_zero() && !scalar.is_one() {
            return scalar;
        }
    }
}

/// Points of a proving key, in the order and meaning of the `.zkey` sections.
pub struct Points {
    pub alpha_g1: G1Affine,
    pub beta_g1: G1Affine,
    pub beta_g2: G2Affine,
    pub gamma_g2: G2Affine,
    pub delta_g1: G1Affine,
    pub delta_g2: G2Affine,
    pub a: Vec<G1Affine>,
    pub b_g1: Vec<G1Affine>,
    pub b_g2: Vec<G2Affine>,
    /// IC (the first n_public + 1) followed by the C query of the private wires.
    pub k: Vec<G1Affine>,
    pub h: Vec<G1Affine>,
}

/// Writes a development proving key and its verification key for the circom constraint system at `r1cs_path`.
///
/// Raises OSError, or KeyRejected for a malformed constraint system. Takes seconds for 2^16 constraints.
#[pyfunction]
pub fn dev_setup(py: Python<'_>, r1cs_path: PathBuf, zkey_path: PathBuf, vkey_path: PathBuf) -> PyResult<()> {
    boundary::run(py, || {
        let system = r1cs::ConstraintSystem::parse(&std::fs::read(&r1cs_path)?)?;
        let secrets = Secrets::draw();
        let evaluations = qap::evaluate(&system, &secrets)?;
        let points = multiply(&evaluations, &secrets);
        zkey::write(&zkey_path, &system, evaluations.domain_size, &points)?;
        let text = vkey::to_json(system.n_public, &points);
        std::fs::write(&vkey_path, text).map_err(Failure::from)
    })
}

/// Multiples of the generator in arkworks, for processors without vector instructions.
fn portable_multiples<G: CurveGroup<ScalarField = Fr>>(scalars: &[Fr]) -> Vec<G::Affine> {
    let table = BatchMulPreprocessing::new(G::generator(), scalars.len());
    scalars.par_chunks(CHUNK).flat_map_iter(|chunk| table.batch_mul(chunk)).collect()
}

fn multiply(evaluations: &qap::Evaluations, secrets: &Secrets) -> Points {
    let g1 = |scalars: &[Fr]| multiples_g1(scalars).unwrap_or_else(|| portable_multiples::<G1Projective>(scalars));
    let g2 = |scalars: &[Fr]| multiples_g2(scalars).unwrap_or_else(|| portable_multiples::<G2Projective>(scalars));
    let one_g1 = |scalar: &Fr| (G1Projective::generator() * scalar).into_affine();
    let one_g2 = |scalar: &Fr| (G2Projective::generator() * scalar).into_affine();
    Points {
        alpha_g1: one_g1(&secrets.alpha),
        beta_g1: one_g1(&secrets.beta),
        beta_g2: one_g2(&secrets.beta),
        gamma_g2: one_g2(&Fr::one()),
        delta_g1: one_g1(&secrets.delta),
        delta_g2: one_g2(&secrets.delta),
        a: g1(&evaluations.a),
        b_g1: g1(&evaluations.b),
        b_g2: g2(&evaluations.b),
        k: g1(&evaluations.k),
        h: g1(&evaluations.h),
    }
}
