// SPDX-License-Identifier: Apache-2.0
//! Inverses modulo q of eight integers at the price of one, by the binary Euclidean algorithm on truncated operands
//! (Pornin, "Optimized Binary GCD for Modular Inversion", IACR ePrint 2020/972). Its time depends on the integers.

use ark_bn254::Fq;
use ark_ff::{BigInt, MontConfig, One};

use crate::field::{Base, Modulus};

/// Steps on truncated operands between two updates of the whole ones.
const STEPS: u32 = 31;
const STEP_MASK: u64 = (1 << STEPS) - 1;

/// -q^-1 mod 2^31.
const NEGATED_INVERSE: u64 = Base::NEGATED_INVERSE & STEP_MASK;

/// Inverses of eight canonical integers in Montgomery form with R = 2^260; `None` if one is zero.
///
/// To arkworks (R = 2^256) the words w of v stand for 16 v: the inverse of their product gives words of 1 / (16 v) with
/// R = 2^256, which 2^8 turns into the words of 1 / v with R = 2^260.
#[inline(never)]
pub fn invert_eight(integers: &[[u64; 4]; 8]) -> Option<[[u64; 4]; 8]> {
    let elements = integers.map(|words| Fq::new_unchecked(BigInt(words)));
    let mut prefixes = [Fq::one(); 8];
    let mut product = Fq::one();
    for (prefix, element) in prefixes.iter_mut().zip(&elements) {
        *prefix = product;
        product *= element;
    }
    // The Montgomery words of the inverse are those of the product, inverted, times R^2.
    let square = Fq::new_unchecked(<ark_bn254::FqConfig as MontConfig<4>>::R2);
    let words = inverse(product.0 .0)?;
    let mut inverse = Fq::new_unchecked(BigInt(words)) * square * square * Fq::from(256u64);
    let mut out = [[0; 4]; 8];
    for i in (0..8).rev() {
        out[i] = (inverse * prefixes[i]).0 .0;
        inverse *= elements[i];
    }
    Some(out)
}

/// value^-1 mod q for value < q; `None` for zero.
///
/// Always a = value u and b = value v modulo q, b odd; a shrinks to zero, and b ends as the greatest common divisor, one.
fn inverse(value: [u64; 4]) -> Option<[u64; 4]> {
    let (mut a, mut b) = (value, Base::WORDS);
    let (mut u, mut v) = ([1, 0, 0, 0], [0; 4]);
    if a == [0; 4] {
        return None;
    }
    while a != [0; 4] {
        let (mut to_a, mut to_b) = steps(truncated(a, b), truncated(b, a));
        a = combined(a, b, &mut to_a, &mut b, &mut to_b);
        (u, v) = (combined_mod_q(u, v, to_a), combined_mod_q(u, v, to_b));
    }
    Some(v)
}

/// The lowest 31 and the highest 33 bits of `value`, counted from the highest bit of `value` or `other`; all of it where
/// both fit one word.
fn truncated(value: [u64; 4], other: [u64; 4]) -> u64 {
    let Some(top) = (1..4).rev().find(|i| value[*i] | other[*i] != 0) else { return value[0] };
    let shift = (value[top] | other[top]).leading_zeros();
    let high = ((u128::from(value[top]) << 64 | u128::from(value[top - 1])) << shift >> 64) as u64;
    high & !STEP_MASK | value[0] & STEP_MASK
}

/// Factors f, g of a combination f a + g b.
type Factors = (i64, i64);

/// 31 steps a, b -> (a - b) / 2, b or a / 2, b, exchanged before where a < b, as factors of 2^-31.
///
/// Both factors travel in one word, g in the high half; |f|, |g| <= 2^31 and -2^31 does not occur.
fn steps(mut a: u64, mut b: u64) -> (Factors, Factors) {
    let (mut to_a, mut to_b) = (1u64, 1u64 << 32);
    for _ in 0..STEPS {
        let odd = (a & 1).wrapping_neg();
        let exchanged = u64::from(a < b).wrapping_neg() & odd;
        let (points, factors) = ((a ^ b) & exchanged, (to_a ^ to_b) & exchanged);
        (a, b, to_a, to_b) = (a ^ points, b ^ points, to_a ^ factors, to_b ^ factors);
        a = a.wrapping_sub(b & odd) >> 1;
        to_a = to_a.wrapping_sub(to_b & odd);
        to_b = to_b.wrapping_shl(1);
    }
    (unpacked(to_a), unpacked(to_b))
}

fn unpacked(factors: u64) -> Factors {
    const BIAS: u64 = 0x7fff_ffff;
    let biased = factors.wrapping_add(BIAS << 32 | BIAS);
    ((biased & 0xffff_ffff) as i64 - BIAS as i64, (biased >> 32) as i64 - BIAS as i64)
}

/// Replaces b by |f1 a + g1 b| / 2^31 and returns |f0 a + g0 b| / 2^31; factors change sign with what they belong to.
fn combined(a: [u64; 4], b: [u64; 4], to_a: &mut Factors, new_b: &mut [u64; 4], to_b: &mut Factors) -> [u64; 4] {
    let magnitude = |factors: &mut Factors| {
        let (words, high) = linear(a, b, *factors);
        let value = shifted(words, high);
        if high >= 0 {
            return value;
        }
        *factors = (-factors.0, -factors.1);
        subtract([0; 4], value).0
    };
    *new_b = magnitude(to_b);
    magnitude(to_a)
}

/// (f u + g v) / 2^31 modulo q, for u, v < q.
fn combined_mod_q(u: [u64; 4], v: [u64; 4], factors: Factors) -> [u64; 4] {
    let (words, high) = linear(u, v, factors);
    let factor = words[0].wrapping_mul(NEGATED_INVERSE) & STEP_MASK;
    let mut sum = words;
    let mut carry = 0u128;
    for i in 0..4 {
        let term = u128::from(Base::WORDS[i]) * u128::from(factor) + u128::from(words[i]) + carry;
        sum[i] = term as u64;
        carry = term >> 64;
    }
    let high = high + carry as i64;
    // From -q to 2 q.
    let value = shifted(sum, high);
    if high < 0 {
        return add(value, Base::WORDS).0;
    }
    match subtract(value, Base::WORDS) {
        (difference, false) => difference,
        (_, true) => value,
    }
}

/// f a + g b: four words and a signed fifth.
fn linear(a: [u64; 4], b: [u64; 4], (f, g): Factors) -> ([u64; 4], i64) {
    let mut words = [0; 4];
    let mut carry = 0i128;
    for i in 0..4 {
        // Below 2^97 in magnitude.
        let sum = product(a[i], f) + product(b[i], g) + carry;
        words[i] = sum as u64;
        carry = sum >> 64;
    }
    (words, carry as i64)
}

/// value * factor for |factor| <= 2^31, by one multiplication of words.
fn product(value: u64, factor: i64) -> i128 {
    let unsigned = (u128::from(value) * u128::from(factor as u64)) as i128;
    let excess = u128::from(value & (factor >> 63) as u64) << 64;
    unsigned.wrapping_sub(excess as i128)
}

/// (words + 2^256 high) / 2^31 modulo 2^256.
fn shifted(words: [u64; 4], high: i64) -> [u64; 4] {
    let next = [words[1], words[2], words[3], high as u64];
    std::array::from_fn(|i| words[i] >> STEPS | next[i] << (64 - STEPS))
}

fn add(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut carry = false;
    let mut sum = [0; 4];
    for i in 0..4 {
        let (word, over) = a[i].overflowing_add(b[i]);
        let (word, again) = word.overflowing_add(u64::from(carry));
        (sum[i], carry) = (word, over | again);
    }
    (sum, carry)
}

fn subtract(a: [u64; 4], b: [u64; 4]) -> ([u64; 4], bool) {
    let mut borrow = false;
    let mut difference = [0; 4];
    for i in 0..4 {
        let (word, under) = a[i].overflowing_sub(b[i]);
        let (word, again) = word.overflowing_sub(u64::from(borrow));
        (difference[i], borrow) = (word, under | again);
    }
    (difference, borrow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::{Field, PrimeField, UniformRand};
    use snarkrs_lib::rand::{rngs::StdRng, SeedableRng};

    #[test]
    fn inverses_agree_with_arkworks_at_random_and_at_the_ends() {
        let mut rng = StdRng::seed_from_u64(43);
        let mut values = vec![Fq::one(), -Fq::one(), Fq::from(2u64), -Fq::from(2u64), -Fq::one() / Fq::from(2u64)];
        values.extend((0..254).map(|bit| Fq::from(2u64).pow([bit])));
        values.extend((1..254).map(|bit| -Fq::from(2u64).pow([bit]) + Fq::one()));
        values.extend((0..20_000).map(|_| Fq::rand(&mut rng)));
        for value in values {
            let words = inverse(value.into_bigint().0).expect("not zero");
            assert_eq!(words, value.inverse().expect("not zero").into_bigint().0, "{value}");
        }
    }

    #[test]
    fn zero_has_no_inverse_alone_or_among_eight() {
        assert_eq!(inverse([0; 4]), None);
        for zero in 0..8 {
            let mut integers = [[5, 0, 0, 0]; 8];
            integers[zero] = [0; 4];
            assert_eq!(invert_eight(&integers), None);
        }
    }
}
