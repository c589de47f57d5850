// SPDX-License-Identifier: Apache-2.0
//! Verification of one proof, or of many at once.

use ark_bn254::{Bn254, G1Projective};
use ark_ec::pairing::Pairing;
use ark_ec::CurveGroup;
use ark_ff::Zero;
use num_bigint::BigUint;
use pyo3::prelude::*;
use snarkrs_lib::field::{Fq, Fq2, G1Affine, G2Affine};
use snarkrs_lib::groth16::verify::{aggregate_public, check_proof};
use snarkrs_lib::rand::rngs::OsRng;
use snarkrs_lib::rand::RngCore;
use snarkrs_lib::{verify as verify_groth16, Fr, Proof, VerifyError, VerifyingKey};

use crate::boundary;
use crate::elements::from_integer;
use crate::errors::Failure;

type G1Integers = (BigUint, BigUint);
type G2Integers = ((BigUint, BigUint), (BigUint, BigUint));

/// Whether (a, b, c) proves `publics` under the snarkjs verification key in `vkey_json`.
///
/// b is ((x.c0, x.c1), (y.c0, y.c1)). Raises KeyRejected for a malformed or unsafe key, SignalOutOfRange for a public
/// signal that is not below r, ProofRejected for a coordinate that is not below q, a point off its curve or subgroup, the
/// point at infinity, or a wrong number of public signals.
#[pyfunction]
pub fn verify(
    py: Python<'_>,
    vkey_json: &str,
    publics: Vec<BigUint>,
    a: G1Integers,
    b: G2Integers,
    c: G1Integers,
) -> PyResult<bool> {
    boundary::run(py, || {
        let publics = scalars(&publics)?;
        let proof = Proof { a: g1("a", &a)?, b: g2("b", &b)?, c: g1("c", &c)? };
        let key = VerifyingKey::from_json_str(vkey_json)?;
        match verify_groth16(&key, &publics, &proof) {
            Ok(()) => Ok(true),
            Err(VerifyError::PairingFailed) => Ok(false),
            Err(other) => Err(other.into()),
        }
    })
}

/// A proof as it crosses the border: publics, a, b, c.
type Claim = (Vec<BigUint>, G1Integers, G2Integers, G1Integers);

/// Whether every claim (publics, a, b, c) holds under one key: a single product of pairings, the equations of the proofs
/// combined with random 128-bit coefficients, so that a false proof goes unseen with a chance of 2^-128.
///
/// Raises as `verify` does.
#[pyfunction]
pub fn verify_batch(py: Python<'_>, vkey_json: &str, claims: Vec<Claim>) -> PyResult<bool> {
    boundary::run(py, || {
        let key = VerifyingKey::from_json_str(vkey_json)?;
        key.check_structure()?;
        let (mut g1_terms, mut g2_terms) = (Vec::new(), Vec::new());
        let (mut weights, mut publics_sum, mut c_sum) = (Fr::zero(), G1Projective::zero(), G1Projective::zero());
        for (publics, a, b, c) in &claims {
            let proof = Proof { a: g1("a", a)?, b: g2("b", b)?, c: g1("c", c)? };
            check_proof(&proof)?;
            let inputs = aggregate_public(&key, &scalars(publics)?)?;
            let mut draw = [0u8; 16];
            OsRng.fill_bytes(&mut draw);
            let weight = Fr::from(u128::from_le_bytes(draw));
            weights += weight;
            publics_sum += inputs * weight;
            c_sum += proof.c * weight;
            g1_terms.push((-(proof.a * weight)).into_affine());
            g2_terms.push(proof.b);
        }
        g1_terms.extend([(key.alpha_g1 * weights).into_affine(), publics_sum.into_affine(), c_sum.into_affine()]);
        g2_terms.extend([key.beta_g2, key.gamma_g2, key.delta_g2]);
        let product = Bn254::final_exponentiation(Bn254::multi_miller_loop(g1_terms, g2_terms));
        Ok(product.is_some_and(|value| value.is_zero()))
    })
}

fn scalars(publics: &[BigUint]) -> Result<Vec<Fr>, Failure> {
    let scalar = |(index, value): (usize, &BigUint)| {
        from_integer::<Fr>(value)
            .ok_or_else(|| Failure::SignalRange(format!("publics[{index}] = {value} is not below r")))
    };
    publics.iter().enumerate().map(scalar).collect()
}

fn coordinate(name: &str, value: &BigUint) -> Result<Fq, Failure> {
    from_integer(value).ok_or_else(|| Failure::Proof(format!("{name} = {value} is not below q")))
}

fn g1(name: &str, point: &G1Integers) -> Result<G1Affine, Failure> {
    let x = coordinate(&format!("{name}.x"), &point.0)?;
    let y = coordinate(&format!("{name}.y"), &point.1)?;
    Ok(G1Affine::new_unchecked(x, y))
}

fn g2(name: &str, point: &G2Integers) -> Result<G2Affine, Failure> {
    let element = |axis: &str, pair: &G1Integers| -> Result<Fq2, Failure> {
        Ok(Fq2::new(
            coordinate(&format!("{name}.{axis}.c0"), &pair.0)?,
            coordinate(&format!("{name}.{axis}.c1"), &pair.1)?,
        ))
    };
    Ok(G2Affine::new_unchecked(element("x", &point.0)?, element("y", &point.1)?))
}
