// SPDX-License-Identifier: Apache-2.0
//! From the sums to a blinded proof.

use ark_bn254::{Fr, G1Projective, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{PrimeField, UniformRand, Zero};
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

/// Bits of a digit of `FixedBase`.
const DIGIT: usize = 4;
const DIGITS: usize = 256 / DIGIT;
const MULTIPLES: usize = (1 << DIGIT) - 1;

/// Row w: 1 to 15 times 16^w P, for the multiples of one point P.
struct FixedBase<G: CurveGroup>(Vec<G::Affine>);

impl<G: CurveGroup<ScalarField = Fr>> FixedBase<G> {
    fn new(base: G::Affine) -> Self {
        let mut rows = Vec::with_capacity(DIGITS * MULTIPLES);
        let mut first = base.into_group();
        for _ in 0..DIGITS {
            let mut multiple = first;
            for _ in 0..MULTIPLES {
                rows.push(multiple);
                multiple += first;
            }
            first = multiple;
        }
        Self(G::normalize_batch(&rows))
    }

    fn times(&self, scalar: &Fr) -> G {
        let words = Zeroizing::new(scalar.into_bigint().0);
        let mut sum = G::zero();
        for (number, row) in self.0.chunks_exact(MULTIPLES).enumerate() {
            let place = number * DIGIT;
            let digit = (words[place / 64] >> (place % 64)) as usize & MULTIPLES;
            if digit != 0 {
                sum += row[digit - 1];
            }
        }
        sum
    }
}

/// Multiples of a key's delta, made when it is loaded.
pub struct Deltas {
    g1: FixedBase<G1Projective>,
    g2: FixedBase<G2Projective>,
}

impl Deltas {
    pub fn new(key: &ProvingKey) -> Self {
        Self { g1: FixedBase::new(key.delta_g1), g2: FixedBase::new(key.delta_g2) }
    }
}

impl Blinding {
    pub fn draw<R: RngCore + CryptoRng>(rng: &mut R) -> Self {
        Self { r: draw(rng), s: draw(rng) }
    }

    pub fn multiples(&self, deltas: &Deltas) -> Multiples {
        let (r_delta, s_delta) = rayon::join(|| deltas.g1.times(&self.r), || deltas.g2.times(&self.s));
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

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ff::One;
    use snarkrs_lib::rand::{rngs::StdRng, SeedableRng};

    #[test]
    fn multiples_of_a_fixed_base_are_those_of_arkworks() {
        let mut rng = StdRng::seed_from_u64(43);
        let base = Fr::rand(&mut rng);
        let (p, q) = ((G1Affine::generator() * base).into_affine(), (G2Affine::generator() * base).into_affine());
        let (multiples_p, multiples_q) = (FixedBase::<G1Projective>::new(p), FixedBase::<G2Projective>::new(q));
        let mut scalars = vec![Fr::zero(), Fr::one(), -Fr::one(), Fr::from(15u64), Fr::from(16u64), Fr::from(u64::MAX)];
        scalars.extend((0..20).map(|_| Fr::rand(&mut rng)));
        for scalar in &scalars {
            assert_eq!(multiples_p.times(scalar), p * scalar);
            assert_eq!(multiples_q.times(scalar), q * scalar);
        }
    }
}
