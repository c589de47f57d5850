// SPDX-License-Identifier: Apache-2.0
//! Eight-lane arithmetic against arkworks, at random and at the ends of its ranges.

use ark_bn254::{Fq, Fr};
use ark_ff::{BigInt, PrimeField};
use snarkrs_lib::rand::{rngs::StdRng, RngCore, SeedableRng};

use crate::field::{Base, Element, Modulus, Scalar};
use crate::machine::lanes::{Ifma, Kernel};

/// value * factor + addend over 256 bits.
fn scale(value: [u64; 4], factor: u64, addend: [u64; 4]) -> [u64; 4] {
    let mut out = [0; 4];
    let mut carry = 0u128;
    for i in 0..4 {
        let sum = u128::from(value[i]) * u128::from(factor) + u128::from(addend[i]) + carry;
        out[i] = sum as u64;
        carry = sum >> 64;
    }
    assert_eq!(carry, 0, "test value beyond 2^256");
    out
}

/// Integers below 4 p: k p + small, k p - small, single limbs of ones, random.
pub(super) fn samples(modulus: [u64; 4]) -> Vec<[u64; 4]> {
    let mut minus_one = modulus;
    minus_one[0] -= 1;
    let mut values =
        vec![[0; 4], [1, 0, 0, 0], minus_one, modulus, scale(modulus, 2, [0; 4]), scale(modulus, 1, minus_one)];
    values.push(scale(modulus, 3, minus_one));
    values.push(scale(modulus, 2, [1, 0, 0, 0]));
    for bit in [51, 52, 53, 103, 104, 155, 156, 207, 208, 253] {
        let mut power = [0; 4];
        power[bit / 64] = 1 << (bit % 64);
        values.push(power);
        power[bit / 64] -= 1;
        values.push(power);
    }
    let mut rng = StdRng::seed_from_u64(7);
    for _ in 0..200 {
        let mut value = [0; 4];
        value.iter_mut().for_each(|word| *word = rng.next_u64());
        value[3] >>= 3;
        values.push(scale(modulus, rng.next_u64() % 3, value));
    }
    values
}

type Eight = [[u64; 4]; 8];

/// What every operation yields for eight pairs of integers, canonical: product, square, sum, difference, reduction,
/// whether it is not zero, negation in the odd lanes.
struct All<M: Modulus> {
    a: Eight,
    b: Eight,
    modulus: std::marker::PhantomData<M>,
}

impl<M: Modulus> Kernel for All<M> {
    type Output = ([Eight; 7], u8);

    #[inline(always)]
    fn run(self, ifma: Ifma) -> ([Eight; 7], u8) {
        let a = Element::<M>::from_integers(ifma, &self.a);
        let b = Element::<M>::from_integers(ifma, &self.b);
        let odd = crate::machine::lanes::Mask::from_bits(ifma, 0b1010_1010);
        let results = [
            a.mul(b).canonical().to_integers(),
            a.square().canonical().to_integers(),
            a.add(b).reduced().canonical().to_integers(),
            a.sub::<5>(b).reduced().canonical().to_integers(),
            a.canonical().loose_sub(b).loose_sub(b).loose_plus::<9>().reduced_within(),
            a.to_integers(),
            a.canonical().loosely_negated_where(odd).settled().canonical().to_integers(),
        ];
        (results, a.not_zero().bits())
    }
}

impl<M: Modulus> Element<M> {
    #[inline(always)]
    fn reduced_within(self) -> Eight {
        let reduced = self.reduced();
        for value in reduced.to_integers() {
            assert!(
                BigInt(value) < BigInt(scale(M::WORDS, 1, M::WORDS.map(|word| word / 3))).max(BigInt(bound::<M>()))
            );
        }
        reduced.canonical().to_integers()
    }
}

/// 2.33 p.
fn bound<M: Modulus>() -> [u64; 4] {
    let mut value = M::WORDS;
    value[3] = (value[3] as f64 * 2.33) as u64;
    value
}

fn compare<M: Modulus, F: PrimeField<BigInt = BigInt<4>>>(from_integer: fn([u64; 4]) -> F) {
    let Some(ifma) = super::vectors() else { return };
    let values = samples(M::WORDS);
    let inverse = F::from(2u64).pow([260u64]).inverse().expect("two is invertible");
    for (round, shift) in
        (0..values.len()).step_by(8).flat_map(|round| (0..values.len()).step_by(5).map(move |s| (round, s)))
    {
        let at = |start: usize| -> Eight { std::array::from_fn(|k| values[(start + k) % values.len()]) };
        let (a, b) = (at(round), at(round + shift));
        let (results, not_zero) = ifma.run(All::<M> { a, b, modulus: std::marker::PhantomData });
        for lane in 0..8 {
            let (x, y) = (from_integer(a[lane]), from_integer(b[lane]));
            let expected = [x * y * inverse, x * x * inverse, x + y, x - y, x - y - y];
            for (number, value) in expected.into_iter().enumerate() {
                assert_eq!(
                    results[number][lane],
                    value.into_bigint().0,
                    "operation {number} of {:?}, {:?}",
                    a[lane],
                    b[lane]
                );
            }
            assert_eq!(results[5][lane], a[lane]);
            let negated = if lane % 2 == 1 { -x } else { x };
            assert_eq!(results[6][lane], negated.into_bigint().0);
            assert_eq!(not_zero >> lane & 1 == 1, !x.is_zero());
        }
    }
}

fn integer<F: PrimeField<BigInt = BigInt<4>>>(words: [u64; 4]) -> F {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    F::from_le_bytes_mod_order(&bytes)
}

#[test]
fn coordinate_arithmetic_agrees_with_arkworks_at_the_ends_of_its_ranges() {
    compare::<Base, Fq>(integer);
}

#[test]
fn scalar_arithmetic_agrees_with_arkworks_at_the_ends_of_its_ranges() {
    compare::<Scalar, Fr>(integer);
}
