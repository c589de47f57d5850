// SPDX-License-Identifier: Apache-2.0
//! From the sums to a blinded proof.

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::CurveGroup;
use ark_ff::{UniformRand, Zero};
use snarkrs_lib::groth16::MsmOutputs;
use snarkrs_lib::rand::{CryptoRng, RngCore};
use snarkrs_lib::{Proof, ProvingKey};
use zeroize::{Zeroize, Zeroizing};

/// The blinding factors of one proof, overwritten when dropped.
pub struct Blinding {
    r: Zeroizing<Fr>,
    s: Zeroizing<Fr>,
}

/// r delta and s delta, which need no sum.
pub struct Multiples {
    r_delta: G1Projective,
    s_delta: G2Projective,
}

impl Blinding {
    pub fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self { r: draw(rng), s: draw(rng) }
    }

    pub fn multiples(&self, key: &ProvingKey) -> Multiples {
        let (r_delta, s_delta) = rayon::join(|| key.delta_g1 * *self.r, || key.delta_g2 * *self.s);
        Multiples { r_delta, s_delta }
    }
}

/// Blinds the sums and puts them together (Groth16, EUROCRYPT 2016, section 3.2):
/// A = alpha + sum a + r delta, B = beta + sum b + s delta, C = sum c + sum h + s A + r B - r s delta.
pub fn assemble(key: &ProvingKey, sums: &MsmOutputs, blinding: &Blinding, multiples: Multiples) -> Proof {
    let mut b = sums.b_g2 + key.beta_g2 + multiples.s_delta;
    let mut a = sums.a_g1 + key.alpha_g1 + multiples.r_delta;
    // s A + r B - r s delta = s A + r (beta + sum b): the terms with r s delta cancel.
    let (s_a, r_b) = rayon::join(|| a * *blinding.s, || (sums.b_g1 + key.beta_g1) * *blinding.r);
    let mut c = sums.l_g1 + sums.h_g1 + s_a + r_b;
    let proof = Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() };
    a.zeroize();
    b.zeroize();
    c.zeroize();
    proof
}

/// A random scalar other than zero, overwritten when dropped: zero would leave a proof unblinded.
fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> Zeroizing<Fr> {
    loop {
        let scalar = Zeroizing::new(Fr::rand(rng));
        if !scalar.is_zero() {
            return scalar;
        }
    }
}
