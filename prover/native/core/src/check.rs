// SPDX-License-Identifier: Apache-2.0
//! The check of a proof against a verification key whose part of the pairings is computed once.

use ark_bn254::{Bn254, Fq12, G1Affine};
use ark_ec::bn::G2Prepared;
use ark_ec::pairing::{MillerLoopOutput, Pairing};
use ark_ec::CurveGroup;
use ark_ff::Zero;
use snarkrs_lib::groth16::verify::{aggregate_public, check_proof};
use snarkrs_lib::{Fr, Proof, VerifyError, VerifyingKey, ZkeyError};

type Prepared = G2Prepared<ark_bn254::Config>;

/// What a verification key contributes to e(-A, B) e(alpha, beta) e(L, gamma) e(C, delta) = 1, where L is the sum of the
/// public signals times their points (Groth16, EUROCRYPT 2016, section 3.2).
pub struct Checker {
    /// The Miller loop of alpha and beta.
    alpha_beta: Fq12,
    gamma: Prepared,
    delta: Prepared,
}

/// The Miller loop of L and gamma: it needs the public signals only.
pub struct Publics(Fq12);

impl Checker {
    /// Fails for a key that lets false proofs pass.
    pub fn new(key: &VerifyingKey) -> Result<Self, ZkeyError> {
        key.check_structure()?;
        let alpha_beta = miller(key.alpha_g1, key.beta_g2.into());
        Ok(Self { alpha_beta, gamma: key.gamma_g2.into(), delta: key.delta_g2.into() })
    }

    /// The part of the public signals `publics` under `key`, the key that `self` was made of.
    pub fn publics(&self, key: &VerifyingKey, publics: &[Fr]) -> Result<Publics, VerifyError> {
        Ok(Publics(miller(aggregate_public(key, publics)?.into_affine(), self.gamma.clone())))
    }

    /// Whether `proof` holds: every point on its curve, in its group and not at infinity, and the equation.
    pub fn verify(&self, publics: &Publics, proof: &Proof) -> Result<(), VerifyError> {
        let (a_b, c_delta) = rayon::join(
            || miller(-proof.a, proof.b.into()),
            || check_proof(proof).map(|()| miller(proof.c, self.delta.clone())),
        );
        let product = a_b * self.alpha_beta * publics.0 * c_delta?;
        match Bn254::final_exponentiation(MillerLoopOutput(product)) {
            // The group is written additively: zero is the product one.
            Some(result) if result.is_zero() => Ok(()),
            _ => Err(VerifyError::PairingFailed),
        }
    }
}

fn miller(point: G1Affine, prepared: Prepared) -> Fq12 {
    Bn254::multi_miller_loop([point], [prepared]).0
}
