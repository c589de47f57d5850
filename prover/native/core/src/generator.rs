// SPDX-License-Identifier: Apache-2.0
//! Many multiples of the generator, for the making of keys.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use rayon::prelude::*;
use zeroize::Zeroizing;

use crate::digits::{each_digit, Windows};
use crate::machine::lanes::Ifma;
use crate::multiply::Scratch;
use crate::points::{Curve, Packed, G1, G2};

/// 26 windows of 512 multiples each: a table that fits the second cache.
const WINDOWS: Windows = Windows { bits: 10, sets: 1 };

/// Scalars per task.
const CHUNK: usize = 1024;

/// The multiples of the generator of G1 by `scalars`; `None` on a processor without AVX-512 IFMA.
pub fn multiples_g1(scalars: &[Fr]) -> Option<Vec<G1Affine>> {
    Ifma::detect().map(|ifma| multiples::<G1>(ifma, scalars))
}

/// The multiples of the generator of G2 by `scalars`; `None` on a processor without AVX-512 IFMA.
pub fn multiples_g2(scalars: &[Fr]) -> Option<Vec<G2Affine>> {
    Ifma::detect().map(|ifma| multiples::<G2>(ifma, scalars))
}

/// A multiple is the sum of one point of the table per digit. What is left of the scalars in memory is overwritten.
fn multiples<C: Curve>(ifma: Ifma, scalars: &[Fr]) -> Vec<C::Affine> {
    let table = table::<C>();
    let scratch = Scratch::<C>::new(ifma);
    let chunk_sums = |chunk: &[Fr]| -> Vec<C::Affine> {
        let mut entries = Zeroizing::new(Vec::with_capacity(chunk.len() * WINDOWS.count() as usize));
        let mut bounds = vec![0];
        for scalar in chunk {
            let words = Zeroizing::new(scalar.into_bigint().0);
            each_digit(WINDOWS, &words, |window, digit, negative| {
                let place = window * WINDOWS.buckets() as u32 + digit - 1;
                entries.push(place << 1 | negative as u32);
            });
            bounds.push(entries.len() as u32);
        }
        let mut sums = vec![C::Packed::INFINITY; chunk.len()];
        scratch.with(|summation| summation.sum(&table, &entries, &bounds, &mut sums));
        sums.iter().map(C::unpack).collect()
    };
    scalars.par_chunks(CHUNK).flat_map_iter(chunk_sums).collect()
}

/// Row w: 1 to 2^(bits - 1) times 2^(bits w) G.
fn table<C: Curve>() -> Vec<C::Packed> {
    let n_multiples = WINDOWS.buckets();
    let mut bases = vec![C::Affine::generator().into_group()];
    for window in 1..WINDOWS.count() as usize {
        let last = bases[window - 1];
        bases.push(last * Fr::from(1u64 << WINDOWS.bits));
    }
    bases
        .par_iter()
        .flat_map_iter(|base| {
            let row: Vec<C::Projective> = std::iter::successors(Some(*base), |multiple| Some(*multiple + base))
                .take(n_multiples)
                .collect();
            C::Projective::normalize_batch(&row).into_iter().map(|point| C::pack(&point)).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{One, UniformRand, Zero};
    use snarkrs_lib::rand::{rngs::StdRng, SeedableRng};

    #[test]
    fn multiples_are_those_of_arkworks() {
        let mut rng = StdRng::seed_from_u64(13);
        let mut scalars = vec![Fr::zero(), Fr::one(), -Fr::one(), Fr::from(512u64), Fr::from(513u64), Fr::one()];
        scalars.extend((0..1100).map(|_| Fr::rand(&mut rng)));
        let Some(g1) = multiples_g1(&scalars) else { return };
        for (point, scalar) in g1.iter().zip(&scalars) {
            assert_eq!(*point, (G1Affine::generator() * scalar).into_affine());
        }
        let g2 = multiples_g2(&scalars[..200]).expect("the processor is the same");
        for (point, scalar) in g2.iter().zip(&scalars) {
            assert_eq!(*point, (G2Affine::generator() * scalar).into_affine());
        }
    }
}
