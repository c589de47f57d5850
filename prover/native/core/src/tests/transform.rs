// SPDX-License-Identifier: Apache-2.0
//! The transform against the definition.

use ark_bn254::Fr;
use ark_ff::{FftField, Field, PrimeField, UniformRand, Zero};
use snarkrs_lib::rand::{rngs::StdRng, SeedableRng};

use crate::field::Element;
use crate::machine::lanes::{Ifma, Kernel};
use crate::transform::{to_vectors, Scalars, Transform, SMALLEST_DOMAIN};

struct Canonical<'a>(&'a [Scalars]);

impl Kernel for Canonical<'_> {
    type Output = Vec<[u64; 4]>;

    #[inline(always)]
    fn run(self, ifma: Ifma) -> Vec<[u64; 4]> {
        let one = Element::splat(ifma, [1, 0, 0, 0]);
        self.0.iter().flat_map(|vector| vector.mul(one).canonical().to_integers()).collect()
    }
}

#[test]
fn values_move_from_the_domain_to_the_odd_roots() {
    let Some(ifma) = super::vectors() else { return };
    let mut rng = StdRng::seed_from_u64(5);
    for n in [128usize, 256, 512] {
        let coefficients: Vec<Fr> = (0..n).map(|_| Fr::rand(&mut rng)).collect();
        let root = Fr::get_root_of_unity(2 * n as u64).expect("a root exists");
        let at = |exponent: usize| {
            let x = root.pow([exponent as u64]);
            coefficients.iter().rev().fold(Fr::zero(), |sum, coefficient| sum * x + coefficient)
        };
        let values: Vec<Fr> = (0..n).map(|i| at(2 * i)).collect();
        for n_threads in [1, 2, 5] {
            let mut vectors = to_vectors(ifma, &values);
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("threads start");
            pool.install(|| Transform::new(ifma, n).expect("the domain exists").to_coset(&mut vectors));
            let moved = ifma.run(Canonical(&vectors));
            for (i, words) in moved.iter().enumerate() {
                assert_eq!(*words, at(2 * i + 1).into_bigint().0, "n = {n}, place {i}");
            }
        }
    }
}

#[test]
fn a_domain_that_is_too_small_or_no_power_of_two_has_no_transform() {
    let Some(ifma) = super::vectors() else { return };
    for n in [0, 1, SMALLEST_DOMAIN / 2, SMALLEST_DOMAIN + 8] {
        assert!(Transform::new(ifma, n).is_none());
    }
}
