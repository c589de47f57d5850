// SPDX-License-Identifier: Apache-2.0
//! Signed digits of scalars, sorted by value: which multiples of which bases fall into which bucket.

use crate::field::{Modulus, Scalar};

/// A scalar in [0, r), little endian.
pub type Words = [u64; 4];

/// How scalars are cut: `windows` digits of `bits` bits. Digit j meets row j / `sets` of the table and bucket set
/// j mod `sets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    pub bits: u32,
    pub sets: u32,
}

impl Windows {
    /// Digits of a scalar below r / 2 < 2^253 and a carry.
    pub fn count(self) -> u32 {
        254u32.div_ceil(self.bits)
    }

    /// Rows of the table of multiples.
    pub fn rows(self) -> usize {
        self.count().div_ceil(self.sets) as usize
    }

    /// Buckets of one set: number b for the digit b + 1.
    pub fn buckets(self) -> usize {
        1 << (self.bits - 1)
    }
}

/// Non-zero digits of scalars, coarsely sorted: list p holds those of the buckets from p 2^low_bits on, each as the
/// bucket's number within the list in the high half and an entry in the low half. An entry is twice the place in the
/// table (row * n + base), plus one for a negative digit.
pub type Lists = Vec<Vec<u64>>;

/// Appends to `lists` the digits of `scalars`, the multipliers of the bases `first`, `first + 1`... of `n`; `skipped` says
/// of each of these bases whether it is left out (infinity).
pub fn distribute(
    windows: Windows,
    low_bits: u32,
    scalars: &[Words],
    skipped: &[bool],
    (first, n): (usize, usize),
    lists: &mut Lists,
) {
    let low_mask = (1 << low_bits) - 1;
    for (offset, (scalar, skip)) in scalars.iter().zip(skipped).enumerate() {
        if *skip {
            continue;
        }
        let base = first + offset;
        each_digit(windows, scalar, |window, digit, negative| {
            let (row, set) = if windows.sets == 1 { (window, 0) } else { (window / windows.sets, window % windows.sets) };
            let bucket = ((set << (windows.bits - 1)) + digit - 1) as usize;
            let entry = ((row as usize * n + base) as u64) << 1 | negative;
            lists[bucket >> low_bits].push(((bucket & low_mask) as u64) << 32 | entry);
        });
    }
}

/// Calls `visit(window, magnitude, negative)` for the non-zero digits of `scalar`: magnitudes up to 2^(bits - 1), one for
/// a negative digit, else zero.
///
/// A scalar above r / 2 is replaced by its negative: the carry of the highest digit has room, and small negative values
/// have few digits.
#[inline(always)]
pub fn each_digit(windows: Windows, scalar: &Words, mut visit: impl FnMut(u32, u32, u64)) {
    let ([w0, w1, w2, w3], negated) = fold(scalar);
    let words = [w0, w1, w2, w3, 0, 0];
    let highest = (0..4).rev().find(|i| words[*i] != 0).map_or(0, |i| 64 * i as u32 + 64 - words[i].leading_zeros());
    let mask = (1u64 << windows.bits) - 1;
    let half = 1u64 << (windows.bits - 1);
    let (mut carry, mut window, mut place) = (0, 0, 0);
    while place < highest || carry != 0 {
        let (word, shift) = ((place as usize / 64).min(4), place % 64);
        let value = ((words[word] >> shift | words[word + 1] << 1 << (63 - shift)) & mask) + carry;
        // 2^bits - value where value > half, without a branch that would be mispredicted every other time.
        carry = u64::from(value > half);
        let flip = carry.wrapping_neg();
        let magnitude = (value ^ flip).wrapping_add(carry).wrapping_add(flip & (mask + 1));
        if magnitude != 0 {
            visit(window, magnitude as u32, carry ^ u64::from(negated));
        }
        window += 1;
        place += windows.bits;
    }
}

/// (scalar, false) or, where that is smaller, (r - scalar, true).
fn fold(scalar: &Words) -> (Words, bool) {
    // No scalar below 2^192 is above r / 2, and most have but one word.
    if scalar[3] == 0 {
        return (*scalar, false);
    }
    let mut negated = [0; 4];
    let mut borrow = false;
    for i in 0..4 {
        let (difference, under) = Scalar::WORDS[i].overflowing_sub(scalar[i]);
        let (difference, under_again) = difference.overflowing_sub(u64::from(borrow));
        negated[i] = difference;
        borrow = under | under_again;
    }
    let smaller = negated.iter().rev().lt(scalar.iter().rev());
    if smaller {
        (negated, true)
    } else {
        (*scalar, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::{Field, PrimeField, UniformRand, Zero};
    use snarkrs_lib::rand::{rngs::StdRng, SeedableRng};

    fn value(windows: Windows, scalar: Fr) -> Fr {
        let mut sum = Fr::zero();
        each_digit(windows, &scalar.into_bigint().0, |window, digit, negative| {
            assert!(window < windows.count());
            assert!((1..=windows.buckets()).contains(&(digit as usize)));
            let term = Fr::from(2u64).pow([u64::from(window * windows.bits)]) * Fr::from(digit);
            sum += if negative == 1 { -term } else { term };
        });
        sum
    }

    #[test]
    fn digits_add_up_to_the_scalar() {
        let mut rng = StdRng::seed_from_u64(1);
        let half = -Fr::from(1u64) / Fr::from(2u64);
        let mut scalars = vec![Fr::zero(), Fr::from(1u64), -Fr::from(1u64), half, half + Fr::from(1u64), -Fr::from(2u64)];
        scalars.extend((0..64).map(|bit| Fr::from(1u64 << bit)));
        scalars.extend((0..200).map(|_| Fr::rand(&mut rng)));
        for bits in 2..=20 {
            for scalar in &scalars {
                assert_eq!(value(Windows { bits, sets: 1 }, *scalar), *scalar);
            }
        }
    }

    #[test]
    fn a_small_negative_scalar_has_one_digit() {
        let mut n_digits = 0;
        each_digit(Windows { bits: 13, sets: 1 }, &(-Fr::from(1u64)).into_bigint().0, |_, digit, negative| {
            n_digits += 1;
            assert_eq!((digit, negative), (1, 1));
        });
        assert_eq!(n_digits, 1);
    }
}
