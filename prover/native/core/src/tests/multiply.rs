// SPDX-License-Identifier: Apache-2.0
//! Multi-exponentiations against arkworks: random ones, and every exceptional case of the addition.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{One, PrimeField, UniformRand, Zero};
use snarkrs_lib::rand::{rngs::StdRng, Rng, SeedableRng};

use crate::digits::Windows;
use crate::multiply::{multiply, Bases, Scratch};
use crate::points::{Curve, Packed, G1, G2};
use crate::tables;

fn check<C: Curve>(windows: Windows, bases: &[C::Affine], scalars: &[Fr])
where
    C::Projective: VariableBaseMSM,
{
    let Some(ifma) = super::vectors() else { return };
    let packed: Vec<C::Packed> = bases.iter().map(C::pack).collect();
    let table = tables::build::<C>(ifma, windows, &packed);
    let skipped: Vec<bool> = packed.iter().map(Packed::is_infinity).collect();
    let words: Vec<[u64; 4]> = scalars.iter().map(|scalar| scalar.into_bigint().0).collect();
    let scratch = Scratch::<C>::new(ifma);
    let sum = multiply(Bases { windows, table: &table, skipped: &skipped }, &words, &scratch);
    let expected: C::Projective = bases.iter().zip(scalars).map(|(base, scalar)| *base * *scalar).sum();
    assert_eq!(sum.into_affine(), expected.into_affine(), "{windows:?}, {} bases", bases.len());
}

const WINDOWS: [Windows; 4] = [
    Windows { bits: 4, sets: 1 },
    Windows { bits: 8, sets: 1 },
    Windows { bits: 9, sets: 4 },
    Windows { bits: 13, sets: 2 },
];

fn points<A: AffineRepr<ScalarField = Fr>>(n: usize, rng: &mut StdRng) -> Vec<A> {
    (0..n).map(|_| (A::generator() * Fr::rand(rng)).into_affine()).collect()
}

/// Bases and scalars on both groups, for all windows.
fn check_all(choose: impl Fn(&mut StdRng, usize) -> Vec<(usize, Fr)>, distinct: usize) {
    let mut rng = StdRng::seed_from_u64(3);
    let g1: Vec<G1Affine> = points(distinct, &mut rng);
    let g2: Vec<G2Affine> = points(distinct, &mut rng);
    for n in [1, 2, 7, 8, 9, 40, 300] {
        let choice = choose(&mut rng, n);
        let scalars: Vec<Fr> = choice.iter().map(|(_, scalar)| *scalar).collect();
        // Number 2 k is point k, number 2 k + 1 its negative, beyond them infinity.
        fn pick<A: AffineRepr>(points: &[A], number: usize) -> A {
            match points.get(number / 2) {
                Some(point) if number % 2 == 1 => (-point.into_group()).into_affine(),
                Some(point) => *point,
                None => A::zero(),
            }
        }
        for windows in WINDOWS {
            check::<G1>(windows, &choice.iter().map(|(i, _)| pick(&g1, *i)).collect::<Vec<_>>(), &scalars);
            check::<G2>(windows, &choice.iter().map(|(i, _)| pick(&g2, *i)).collect::<Vec<_>>(), &scalars);
        }
    }
}

#[test]
fn distinct_bases_with_random_scalars() {
    check_all(|rng, n| (0..n).map(|i| (2 * i, Fr::rand(rng))).collect(), 300);
}

#[test]
fn the_same_base_every_time_with_one_scalar() {
    check_all(|_, n| (0..n).map(|_| (0, Fr::one())).collect(), 1);
}

#[test]
fn the_same_base_every_time_with_random_scalars() {
    check_all(|rng, n| (0..n).map(|_| (0, Fr::rand(rng))).collect(), 1);
}

#[test]
fn a_base_and_its_negative_cancel() {
    check_all(|_, n| (0..n).map(|i| (i % 2, Fr::one())).collect(), 1);
}

#[test]
fn bases_and_negatives_of_few_points_with_few_values() {
    check_all(|rng, n| (0..n).map(|_| (rng.gen_range(0..7), Fr::from(rng.gen_range(0..4u64)))).collect(), 3);
}

#[test]
fn bases_at_infinity_among_others() {
    check_all(|rng, n| (0..n).map(|_| (rng.gen_range(0..8), Fr::rand(rng))).collect(), 2);
}

#[test]
fn only_bases_at_infinity() {
    check_all(|rng, n| (0..n).map(|_| (9, Fr::rand(rng))).collect(), 1);
}

#[test]
fn zero_scalars_yield_infinity() {
    check_all(|_, n| (0..n).map(|i| (2 * i, Fr::zero())).collect(), 300);
}

#[test]
fn scalars_of_minus_one_and_one() {
    check_all(|rng, n| (0..n).map(|i| (2 * i, if rng.gen() { Fr::one() } else { -Fr::one() })).collect(), 300);
}

#[test]
fn scalars_around_half_the_order() {
    let half = -Fr::one() / Fr::from(2u64);
    check_all(|rng, n| (0..n).map(|i| (2 * i, half + Fr::from(rng.gen_range(0..3u64)))).collect(), 300);
}

#[test]
fn bit_heavy_scalars() {
    check_all(
        |rng, n| {
            let bit_or_more = |rng: &mut StdRng| match rng.gen_range(0..20) {
                0 => Fr::rand(rng),
                1 => Fr::from(rng.gen::<u64>()),
                other => Fr::from(other % 2),
            };
            (0..n).map(|i| (2 * i, bit_or_more(rng))).collect()
        },
        300,
    );
}

#[test]
fn thousands_of_bases_of_any_number() {
    let mut rng = StdRng::seed_from_u64(11);
    let bases: Vec<G1Affine> = points(5000, &mut rng);
    let scalars: Vec<Fr> = (0..5000).map(|i| if i % 3 == 0 { Fr::one() } else { Fr::rand(&mut rng) }).collect();
    for n in [1000, 2047, 2049, 4096, 5000] {
        check::<G1>(Windows { bits: 13, sets: 1 }, &bases[..n], &scalars[..n]);
        check::<G1>(Windows { bits: 12, sets: 4 }, &bases[..n], &scalars[..n]);
    }
}
