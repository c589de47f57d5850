// SPDX-License-Identifier: Apache-2.0
//! Eight elements of a BN254 field at once: Montgomery form with R = 2^260, five limbs of 52 bits.
//!
//! Values are kept lazily reduced. An `Element` is *carried* when its limbs are below 2^52; then it stands for an integer
//! in [0, 2^260). Every method states its range as multiples of the modulus p; p is 0.756 * 2^254, so that 2^260 is
//! 84.6 p. The two moduli agree in their highest 128 bits, so that one set of bounds serves both. Debug builds check
//! the ranges of what is multiplied and reduced.

use std::marker::PhantomData;

use crate::machine::lanes::{Ifma, Lanes, Mask};

const LIMB_BITS: u32 = 52;
const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;
/// Bits of the highest limb below 2^254.
const TOP_BITS: u32 = 254 - 4 * LIMB_BITS;

/// A field of BN254.
pub trait Modulus: Copy + Send + Sync + 'static {
    /// The modulus, little endian.
    const WORDS: [u64; 4];
    const LIMBS: [u64; 5] = to_limbs(Self::WORDS);
    /// -p^-1 mod 2^52, which is below 0.127 * 2^52 for both moduli.
    const NEGATED_INVERSE: u64 = negated_inverse(Self::WORDS[0]);
    /// (NEGATED_INVERSE p + 1) / 2^52, below 0.127 p.
    const FOLD: [u64; 5] = fold(Self::LIMBS, Self::NEGATED_INVERSE);
    /// Limb i of the largest multiple of p that is at most q * 2^254, at `[i][q]`.
    const MULTIPLES: [[u64; 8]; 5] = multiples(Self::WORDS);
}

/// The field of the curve's coordinates.
#[derive(Clone, Copy)]
pub struct Base;

impl Modulus for Base {
    const WORDS: [u64; 4] = [0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d, 0x30644e72e131a029];
}

/// The field of the scalars.
#[derive(Clone, Copy)]
pub struct Scalar;

impl Modulus for Scalar {
    const WORDS: [u64; 4] = [0x43e1f593f0000001, 0x2833e84879b97091, 0xb85045b68181585d, 0x30644e72e131a029];
}

const fn to_limbs(words: [u64; 4]) -> [u64; 5] {
    [
        words[0] & LIMB_MASK,
        (words[0] >> 52 | words[1] << 12) & LIMB_MASK,
        (words[1] >> 40 | words[2] << 24) & LIMB_MASK,
        (words[2] >> 28 | words[3] << 36) & LIMB_MASK,
        words[3] >> 16,
    ]
}

const fn negated_inverse(lowest: u64) -> u64 {
    let mut inverse = 1u64;
    let mut round = 0;
    while round < 6 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(lowest.wrapping_mul(inverse)));
        round += 1;
    }
    inverse.wrapping_neg() & LIMB_MASK
}

const fn times(limbs: [u64; 5], factor: u64) -> [u64; 5] {
    let mut product = [0; 5];
    let mut carry = 0u128;
    let mut i = 0;
    while i < 5 {
        let sum = limbs[i] as u128 * factor as u128 + carry;
        product[i] = if i < 4 { sum as u64 & LIMB_MASK } else { sum as u64 };
        carry = sum >> LIMB_BITS;
        i += 1;
    }
    product
}

/// (factor limbs + 1) / 2^52, a whole number for the factor -limbs^-1 mod 2^52.
const fn fold(limbs: [u64; 5], factor: u64) -> [u64; 5] {
    let mut quotient = [0; 5];
    let mut carry = (limbs[0] as u128 * factor as u128 + 1) >> LIMB_BITS;
    let mut i = 1;
    while i < 5 {
        let sum = limbs[i] as u128 * factor as u128 + carry;
        quotient[i - 1] = sum as u64 & LIMB_MASK;
        carry = sum >> LIMB_BITS;
        i += 1;
    }
    quotient[4] = carry as u64;
    quotient
}

const fn multiples(words: [u64; 4]) -> [[u64; 8]; 5] {
    let mut table = [[0; 8]; 5];
    let mut q = 0;
    while q < 8 {
        let quotient = ((q as u128) << 64) / (((words[3] as u128) << 2) + 1);
        let multiple = times(to_limbs(words), quotient as u64);
        let mut i = 0;
        while i < 5 {
            table[i][q] = multiple[i];
            i += 1;
        }
        q += 1;
    }
    table
}

/// Eight elements; lane k of the five limbs is element k.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Element<M: Modulus>([Lanes; 5], PhantomData<M>);

impl<M: Modulus> Element<M> {
    #[inline(always)]
    pub(crate) fn new(limbs: [Lanes; 5]) -> Self {
        Self(limbs, PhantomData)
    }

    #[inline(always)]
    fn constant(ifma: Ifma, limbs: [u64; 5]) -> Self {
        let mut lanes = [Lanes::zero(ifma); 5];
        for i in 0..5 {
            lanes[i] = Lanes::splat(ifma, limbs[i]);
        }
        Self::new(lanes)
    }

    #[inline(always)]
    pub(crate) fn modulus_times<const K: u64>(ifma: Ifma) -> Self {
        Self::constant(ifma, const { times(M::LIMBS, K) })
    }

    #[inline(always)]
    pub fn zero(ifma: Ifma) -> Self {
        Self::new([Lanes::zero(ifma); 5])
    }

    /// Limb number `index`, 0 the lowest.
    #[inline(always)]
    pub fn limb(&self, index: usize) -> Lanes {
        self.0[index]
    }

    #[inline(always)]
    pub fn set_limb(&mut self, index: usize, limb: Lanes) {
        self.0[index] = limb;
    }

    /// The same integer, below 2^256, in every lane.
    #[inline(always)]
    pub fn splat(ifma: Ifma, words: [u64; 4]) -> Self {
        Self::constant(ifma, to_limbs(words))
    }

    /// From 64-bit words: word j of element k in lane k of `words[j]`. Carried.
    #[inline(always)]
    pub fn from_words(words: [Lanes; 4]) -> Self {
        let mask = Lanes::splat(words[0].ifma(), LIMB_MASK);
        Self::new([
            words[0].and(mask),
            words[0].shift_right_pair::<52>(words[1]).and(mask),
            words[1].shift_right_pair::<40>(words[2]).and(mask),
            words[2].shift_right_pair::<28>(words[3]).and(mask),
            words[3].shift_right::<16>(),
        ])
    }

    /// Inverse of `from_words`, for a carried value below 2^256 = 5.29 p.
    #[inline(always)]
    pub fn to_words(self) -> [Lanes; 4] {
        let limbs = &self.0;
        [
            limbs[0].or(limbs[1].shift_left::<52>()),
            limbs[1].shift_right::<12>().or(limbs[2].shift_left::<40>()),
            limbs[2].shift_right::<24>().or(limbs[3].shift_left::<28>()),
            limbs[3].shift_right::<36>().or(limbs[4].shift_left::<16>()),
        ]
    }

    /// `from_words` of eight integers below 2^256.
    #[inline(always)]
    pub fn from_integers(ifma: Ifma, integers: &[[u64; 4]; 8]) -> Self {
        let mut words = [Lanes::zero(ifma); 4];
        for j in 0..4 {
            let mut column = [0; 8];
            for lane in 0..8 {
                column[lane] = integers[lane][j];
            }
            words[j] = Lanes::load(ifma, &column);
        }
        Self::from_words(words)
    }

    /// Inverse of `from_integers`, for a carried value below 5.29 p.
    #[inline(always)]
    pub fn to_integers(self) -> [[u64; 4]; 8] {
        let mut integers = [[0; 4]; 8];
        let words = self.to_words();
        for j in 0..4 {
            let mut column = [0; 8];
            words[j].store(&mut column);
            for lane in 0..8 {
                integers[lane][j] = column[lane];
            }
        }
        integers
    }

    /// Carries of limbs that are not negative.
    #[inline(always)]
    fn carried(mut self) -> Self {
        let mask = Lanes::splat(self.0[0].ifma(), LIMB_MASK);
        for i in 0..4 {
            self.0[i + 1] = self.0[i + 1].add(self.0[i].shift_right::<LIMB_BITS>());
            self.0[i] = self.0[i].and(mask);
        }
        self
    }

    /// Carries and borrows of signed limbs; the value itself is not negative.
    #[inline(always)]
    fn borrowed(mut self) -> Self {
        let mask = Lanes::splat(self.0[0].ifma(), LIMB_MASK);
        for i in 0..4 {
            self.0[i + 1] = self.0[i + 1].add(self.0[i].shift_right_signed::<LIMB_BITS>());
            self.0[i] = self.0[i].and(mask);
        }
        self
    }

    /// self + other without carries.
    #[inline(always)]
    pub fn loose_add(mut self, other: Self) -> Self {
        for i in 0..5 {
            self.0[i] = self.0[i].add(other.0[i]);
        }
        self
    }

    /// self - other without borrows: the limbs are signed.
    #[inline(always)]
    pub fn loose_sub(mut self, other: Self) -> Self {
        for i in 0..5 {
            self.0[i] = self.0[i].sub(other.0[i]);
        }
        self
    }

    /// self + K p without carries.
    #[inline(always)]
    pub fn loose_plus<const K: u64>(self) -> Self {
        self.loose_add(Self::modulus_times::<K>(self.0[0].ifma()))
    }

    /// self + other, carried.
    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        self.loose_add(other).carried()
    }

    /// self - other + K p for other < K p, carried.
    #[inline(always)]
    pub fn sub<const K: u64>(self, other: Self) -> Self {
        self.loose_sub(other).loose_plus::<K>().borrowed()
    }

    /// Carries of a value without carries that is known not to be negative.
    #[inline(always)]
    pub fn settled(self) -> Self {
        self.borrowed()
    }

    /// Brings [p / 4, 10.5 p), or [0, 10.5 p) if no limb is negative, into [0, 2.33 p), carried.
    ///
    /// The highest limb gives q = floor(v / 2^254), at most 7; m = the largest multiple of p that is at most q 2^254 is
    /// subtracted, and v - m < 2^254 + p < 2.33 p. Limbs without carries, below 2^59 in magnitude, put q off by one only within
    /// 2^216 of a multiple of 2^254; m is so far below q 2^254 (for q > 0) that the difference stays positive.
    #[inline(always)]
    pub fn reduced(self) -> Self {
        self.check_reducible();
        let ifma = self.0[0].ifma();
        let quotient = self.0[4].shift_right_signed::<TOP_BITS>();
        let mut limbs = self.0;
        for i in 0..5 {
            limbs[i] = limbs[i].sub(quotient.look_up(Lanes::load(ifma, &M::MULTIPLES[i])));
        }
        Self::new(limbs).borrowed()
    }

    /// The Montgomery product self * other / 2^260, carried; for carried self < a p and other < b p with a, b <= 16 it is
    /// below (1.13 + a b / 84.6) p.
    #[inline(always)]
    pub fn mul(self, other: Self) -> Self {
        self.loose_mul(other).carried()
    }

    /// `mul` without carries: the limbs are below 2^57.
    ///
    /// Five rounds of Montgomery reduction with 52-bit digits (Montgomery, Math. Comp. 44, 1985), the first four of them
    /// by the multiple of p that is -1 modulo 2^52: its factor is the digit itself. They add less than 0.13 p in all,
    /// because the digits above count for 2^-52 of the multiple, and the last round less than p.
    #[inline(always)]
    pub fn loose_mul(self, other: Self) -> Self {
        self.check_multiplicable();
        other.check_multiplicable();
        let zero = Lanes::zero(self.0[0].ifma());
        let mut sum = [zero; 6];
        for i in 0..5 {
            for j in 0..5 {
                sum[j] = sum[j].multiply_add_low(self.0[j], other.0[i]);
            }
            for j in 0..5 {
                sum[j + 1] = sum[j + 1].multiply_add_high(self.0[j], other.0[i]);
            }
            if i < 4 {
                sum = Self::folded(sum[0], [sum[1], sum[2], sum[3], sum[4], sum[5], zero]);
            }
        }
        Self::last_round(sum[0], [sum[1], sum[2], sum[3], sum[4], sum[5]])
    }

    /// (lowest + 2^52 rest + m (2^52 FOLD - 1)) / 2^52 for m = lowest modulo 2^52; `lowest` may be negative.
    #[inline(always)]
    fn folded(lowest: Lanes, mut rest: [Lanes; 6]) -> [Lanes; 6] {
        let fold = Self::constant(lowest.ifma(), M::FOLD).0;
        rest[0] = rest[0].add(lowest.shift_right_signed::<LIMB_BITS>());
        for j in 0..5 {
            rest[j] = rest[j].multiply_add_low(lowest, fold[j]);
            rest[j + 1] = rest[j + 1].multiply_add_high(lowest, fold[j]);
        }
        rest
    }

    /// (lowest + 2^52 rest + m p) / 2^52 for the m that makes it whole; `lowest` may be negative.
    #[inline(always)]
    fn last_round(lowest: Lanes, mut rest: [Lanes; 5]) -> Self {
        let ifma = lowest.ifma();
        let modulus = Self::modulus_times::<1>(ifma).0;
        let factor = Lanes::zero(ifma).multiply_add_low(lowest, Lanes::splat(ifma, M::NEGATED_INVERSE));
        rest[0] = rest[0].add(lowest.multiply_add_low(factor, modulus[0]).shift_right_signed::<LIMB_BITS>());
        for j in 1..5 {
            rest[j - 1] = rest[j - 1].multiply_add_low(factor, modulus[j]);
        }
        for j in 0..5 {
            rest[j] = rest[j].multiply_add_high(factor, modulus[j]);
        }
        Self::new(rest)
    }

    /// The ten limbs of a value, which may be signed, over 2^260 modulo p, without carries: below value / 2^260 + 1.13 p.
    #[inline(always)]
    pub(crate) fn reduction(limbs: [Lanes; 10]) -> Self {
        let mut sum = [limbs[0], limbs[1], limbs[2], limbs[3], limbs[4], limbs[5]];
        for limb in &limbs[6..] {
            sum = Self::folded(sum[0], [sum[1], sum[2], sum[3], sum[4], sum[5], *limb]);
        }
        Self::last_round(sum[0], [sum[1], sum[2], sum[3], sum[4], sum[5]])
    }

    /// `reduction` of nine 64-bit words, below 2^520.
    #[inline(always)]
    pub fn reduction_of_words(words: [Lanes; 9]) -> Self {
        let mask = Lanes::splat(words[0].ifma(), LIMB_MASK);
        let [w0, w1, w2, w3, w4, w5, w6, w7, w8] = words;
        Self::reduction([
            w0.and(mask),
            w0.shift_right_pair::<52>(w1).and(mask),
            w1.shift_right_pair::<40>(w2).and(mask),
            w2.shift_right_pair::<28>(w3).and(mask),
            w3.shift_right_pair::<16>(w4).and(mask),
            w4.shift_right::<4>().and(mask),
            w4.shift_right_pair::<56>(w5).and(mask),
            w5.shift_right_pair::<44>(w6).and(mask),
            w6.shift_right_pair::<32>(w7).and(mask),
            w7.shift_right_pair::<20>(w8),
        ])
    }

    /// `self.mul(self)` with 15 products in the place of 25.
    #[inline(always)]
    pub fn square(self) -> Self {
        self.loose_square().carried()
    }

    /// `square` without carries: the limbs are below 2^57.
    #[inline(always)]
    pub fn loose_square(self) -> Self {
        self.check_multiplicable();
        let ifma = self.0[0].ifma();
        let mut columns = [Lanes::zero(ifma); 10];
        for i in 0..4 {
            for j in i + 1..5 {
                columns[i + j] = columns[i + j].multiply_add_low(self.0[i], self.0[j]);
                columns[i + j + 1] = columns[i + j + 1].multiply_add_high(self.0[i], self.0[j]);
            }
        }
        for i in 0..5 {
            columns[2 * i] = columns[2 * i].add(columns[2 * i]).multiply_add_low(self.0[i], self.0[i]);
            columns[2 * i + 1] = columns[2 * i + 1].add(columns[2 * i + 1]).multiply_add_high(self.0[i], self.0[i]);
        }
        Self::reduction(columns)
    }

    /// The canonical representative in [0, p) of a carried value below 4 p.
    #[inline(always)]
    pub fn canonical(self) -> Self {
        self.without::<2>().without::<1>()
    }

    /// self - K p where that is not negative, self elsewhere.
    #[inline(always)]
    fn without<const K: u64>(self) -> Self {
        let mut difference = self.loose_sub(Self::modulus_times::<K>(self.0[0].ifma())).borrowed();
        let negative = difference.0[4].negative();
        for i in 0..5 {
            difference.0[i] = difference.0[i].replace_where(negative, self.0[i]);
        }
        difference
    }

    /// p - self in the lanes of `mask`, self elsewhere, without borrows: the limbs are signed.
    #[inline(always)]
    pub fn loosely_negated_where(mut self, mask: Mask) -> Self {
        let modulus = Self::modulus_times::<1>(self.0[0].ifma());
        for i in 0..5 {
            self.0[i] = self.0[i].subtract_from_where(mask, modulus.0[i]);
        }
        self
    }

    /// Lanes whose carried value below 4 p is not zero modulo p.
    #[inline(always)]
    pub fn not_zero(self) -> Mask {
        let limbs = self.canonical().0;
        let any = limbs[0].or(limbs[1]).or(limbs[2].or(limbs[3])).or(limbs[4]);
        any.common_bits(any)
    }

    /// `other` in the lanes of `mask`, self elsewhere.
    #[inline(always)]
    pub fn replaced_where(mut self, mask: Mask, other: Self) -> Self {
        for i in 0..5 {
            self.0[i] = self.0[i].replace_where(mask, other.0[i]);
        }
        self
    }

    #[inline(always)]
    pub(crate) fn check_multiplicable(self) {
        if cfg!(debug_assertions) {
            let limit = times(M::LIMBS, 16)[4];
            for (i, lanes) in self.0.into_iter().enumerate() {
                let mut limbs = [0; 8];
                lanes.store(&mut limbs);
                let bound = if i < 4 { LIMB_MASK } else { limit };
                debug_assert!(limbs.iter().all(|limb| *limb <= bound), "factor out of range");
            }
        }
    }

    #[inline(always)]
    fn check_reducible(self) {
        if cfg!(debug_assertions) {
            let mut limbs = [0; 8];
            self.0[4].store(&mut limbs);
            let limit = times(M::LIMBS, 21)[4] / 2;
            debug_assert!(limbs.iter().all(|limb| *limb <= limit), "value to be reduced out of range");
        }
    }
}
