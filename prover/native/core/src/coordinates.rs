// SPDX-License-Identifier: Apache-2.0
//! Coordinates of eight points at once: elements of Fq for G1, of Fq2 = Fq[u] / (u^2 + 1) for G2.
//!
//! Ranges, in multiples of q and by component: a *stored* coordinate is below 2.33, a *difference* below 5.33, a
//! *product* (of stored coordinates, differences, products) below 6.4. They make every factor less than 16 and
//! every value to be reduced less than 10.5, as `Element` demands.

use ark_bn254::Fq;
use ark_ff::{BigInt, Field, One};

use crate::field::{Base, Element};
use crate::machine::lanes::{Ifma, Lanes, Mask};
use crate::points::{PackedG1, PackedG2};

/// Arithmetic of one coordinate of eight points.
pub trait Coordinate: Copy + Send + 'static {
    type Packed;

    fn one(ifma: Ifma) -> Self;
    fn mul(self, other: Self) -> Self;
    fn square(self) -> Self;
    /// 2 self of a stored coordinate.
    fn double(self) -> Self;
    /// 3 self of a square of a stored coordinate.
    fn triple(self) -> Self;
    /// self - other of stored coordinates, a difference.
    fn difference(self, other: Self) -> Self;
    /// The sum's x = slope^2 - x1 - x2, stored; `self` is the slope's square, `step` the difference x2 - x1 + 3 q (so that
    /// 2 x1 + step is from 3 q to 7.7 q), or one where the sum does not count.
    fn sum_x(self, x1: Self, step: Self) -> Self;
    /// The double's x = slope^2 - 2 x, stored; `self` is the slope's square.
    fn double_x(self, x: Self) -> Self;
    /// product - y of a stored y, stored.
    fn sum_y(self, y: Self) -> Self;
    /// The inverses, `None` if one of the eight products is zero.
    fn inverse(self) -> Option<Self>;
    /// Lanes of a difference that are not zero.
    fn not_zero(self) -> Mask;
    fn replaced_where(self, mask: Mask, other: Self) -> Self;
    /// -self in the lanes of `mask`, for canonical values.
    fn negated_where(self, mask: Mask) -> Self;
    /// Stored coordinates brought below q.
    fn canonical(self) -> Self;
    /// x and y of eight points.
    fn load(ifma: Ifma, points: [&Self::Packed; 8]) -> (Self, Self);
    /// Eight points of stored coordinates x, y, handed out one by one with their number.
    fn store(x: Self, y: Self, put: impl FnMut(usize, Self::Packed));
}

impl Coordinate for Element<Base> {
    type Packed = PackedG1;

    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Self::splat(ifma, const { ONE })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Element::mul(self, other)
    }

    #[inline(always)]
    fn square(self) -> Self {
        Element::square(self)
    }

    #[inline(always)]
    fn double(self) -> Self {
        self.add(self)
    }

    #[inline(always)]
    fn triple(self) -> Self {
        self.loose_add(self).add(self)
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        self.sub::<3>(other)
    }

    #[inline(always)]
    fn sum_x(self, x1: Self, step: Self) -> Self {
        self.loose_sub(x1).loose_sub(x1).loose_sub(step).loose_plus::<8>().reduced()
    }

    #[inline(always)]
    fn double_x(self, x: Self) -> Self {
        self.loose_sub(x).loose_sub(x).loose_plus::<6>().reduced()
    }

    #[inline(always)]
    fn sum_y(self, y: Self) -> Self {
        self.loose_sub(y).loose_plus::<3>().reduced()
    }

    #[inline(always)]
    fn inverse(self) -> Option<Self> {
        let ifma = self.to_words()[0].ifma();
        let integers = invert_eight(&self.canonical().to_integers())?;
        Some(Self::from_integers(ifma, &integers))
    }

    #[inline(always)]
    fn not_zero(self) -> Mask {
        Element::not_zero(self.reduced())
    }

    #[inline(always)]
    fn replaced_where(self, mask: Mask, other: Self) -> Self {
        Element::replaced_where(self, mask, other)
    }

    #[inline(always)]
    fn negated_where(self, mask: Mask) -> Self {
        Element::negated_where(self, mask)
    }

    #[inline(always)]
    fn canonical(self) -> Self {
        Element::canonical(self)
    }

    #[inline(always)]
    fn load(ifma: Ifma, points: [&PackedG1; 8]) -> (Self, Self) {
        let mut rows = [Lanes::zero(ifma); 8];
        for i in 0..8 {
            rows[i] = Lanes::load(ifma, &points[i].0);
        }
        from_columns(Lanes::transpose(rows))
    }

    #[inline(always)]
    fn store(x: Self, y: Self, mut put: impl FnMut(usize, PackedG1)) {
        let rows = to_rows(x, y);
        for i in 0..8 {
            let mut point = PackedG1([0; 8]);
            rows[i].store(&mut point.0);
            put(i, point);
        }
    }
}

/// c0 + c1 u.
#[derive(Clone, Copy)]
pub struct Quadratic {
    c0: Element<Base>,
    c1: Element<Base>,
}

impl Coordinate for Quadratic {
    type Packed = PackedG2;

    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Self { c0: Coordinate::one(ifma), c1: Element::zero(ifma) }
    }

    /// Karatsuba: c0 = a0 b0 - a1 b1 + 2 q, c1 = (a0 + a1)(b0 + b1) - a0 b0 - a1 b1 + 4 q.
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let low = self.c0.mul(other.c0);
        let high = self.c1.mul(other.c1);
        let cross = self.c0.add(self.c1).mul(other.c0.add(other.c1));
        Self { c0: low.sub::<2>(high), c1: cross.loose_sub(low).loose_sub(high).loose_plus::<4>().settled() }
    }

    /// c0 = (a0 + a1)(a0 - a1 + 7 q), c1 = 2 a0 a1.
    #[inline(always)]
    fn square(self) -> Self {
        let product = self.c0.mul(self.c1);
        Self { c0: self.c0.add(self.c1).mul(self.c0.sub::<7>(self.c1)), c1: product.add(product) }
    }

    #[inline(always)]
    fn double(self) -> Self {
        Self { c0: self.c0.add(self.c0), c1: self.c1.add(self.c1) }
    }

    #[inline(always)]
    fn triple(self) -> Self {
        Self { c0: self.c0.triple(), c1: self.c1.triple() }
    }

    #[inline(always)]
    fn difference(self, other: Self) -> Self {
        Self { c0: self.c0.difference(other.c0), c1: self.c1.difference(other.c1) }
    }

    #[inline(always)]
    fn sum_x(self, x1: Self, step: Self) -> Self {
        Self { c0: self.c0.sum_x(x1.c0, step.c0), c1: self.c1.sum_x(x1.c1, step.c1) }
    }

    #[inline(always)]
    fn double_x(self, x: Self) -> Self {
        Self { c0: self.c0.double_x(x.c0), c1: self.c1.double_x(x.c1) }
    }

    #[inline(always)]
    fn sum_y(self, y: Self) -> Self {
        Self { c0: self.c0.sum_y(y.c0), c1: self.c1.sum_y(y.c1) }
    }

    /// 1 / (a0 + a1 u) = (a0 - a1 u) / (a0^2 + a1^2).
    #[inline(always)]
    fn inverse(self) -> Option<Self> {
        let norm = self.c0.square().add(self.c1.square());
        let inverse = norm.inverse()?;
        let negated = Element::zero(self.c0.to_words()[0].ifma()).sub::<2>(self.c1.mul(inverse));
        Some(Self { c0: self.c0.mul(inverse), c1: negated })
    }

    #[inline(always)]
    fn not_zero(self) -> Mask {
        let (c0, c1) = (Coordinate::not_zero(self.c0), Coordinate::not_zero(self.c1));
        c0.or(c1)
    }

    #[inline(always)]
    fn replaced_where(self, mask: Mask, other: Self) -> Self {
        Self {
            c0: Element::replaced_where(self.c0, mask, other.c0),
            c1: Element::replaced_where(self.c1, mask, other.c1),
        }
    }

    #[inline(always)]
    fn negated_where(self, mask: Mask) -> Self {
        Self { c0: Element::negated_where(self.c0, mask), c1: Element::negated_where(self.c1, mask) }
    }

    #[inline(always)]
    fn canonical(self) -> Self {
        Self { c0: Element::canonical(self.c0), c1: Element::canonical(self.c1) }
    }

    #[inline(always)]
    fn load(ifma: Ifma, points: [&PackedG2; 8]) -> (Self, Self) {
        let mut x_rows = [Lanes::zero(ifma); 8];
        let mut y_rows = [Lanes::zero(ifma); 8];
        for i in 0..8 {
            let (halves, _) = points[i].0.as_chunks::<8>();
            x_rows[i] = Lanes::load(ifma, &halves[0]);
            y_rows[i] = Lanes::load(ifma, &halves[1]);
        }
        let (x0, x1) = from_columns(Lanes::transpose(x_rows));
        let (y0, y1) = from_columns(Lanes::transpose(y_rows));
        (Self { c0: x0, c1: x1 }, Self { c0: y0, c1: y1 })
    }

    #[inline(always)]
    fn store(x: Self, y: Self, mut put: impl FnMut(usize, PackedG2)) {
        let x_rows = to_rows(x.c0, x.c1);
        let y_rows = to_rows(y.c0, y.c1);
        for i in 0..8 {
            let mut point = PackedG2([0; 16]);
            let (halves, _) = point.0.as_chunks_mut::<8>();
            x_rows[i].store(&mut halves[0]);
            y_rows[i].store(&mut halves[1]);
            put(i, point);
        }
    }
}

#[inline(always)]
fn from_columns(columns: [Lanes; 8]) -> (Element<Base>, Element<Base>) {
    let [a0, a1, a2, a3, b0, b1, b2, b3] = columns;
    (Element::from_words([a0, a1, a2, a3]), Element::from_words([b0, b1, b2, b3]))
}

#[inline(always)]
fn to_rows(first: Element<Base>, second: Element<Base>) -> [Lanes; 8] {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (first.to_words(), second.to_words());
    Lanes::transpose([a0, a1, a2, a3, b0, b1, b2, b3])
}

/// 2^260 mod q: the Montgomery form of one.
const ONE: [u64; 4] = {
    let mut value = Fq::R.0;
    let mut round = 0;
    while round < 4 {
        value = doubled(value);
        round += 1;
    }
    value
};

/// 2 value mod q for value < q.
const fn doubled(value: [u64; 4]) -> [u64; 4] {
    let modulus = <Base as crate::field::Modulus>::WORDS;
    let mut sum = [0; 4];
    let mut i = 0;
    while i < 4 {
        sum[i] = value[i] << 1 | if i > 0 { value[i - 1] >> 63 } else { 0 };
        i += 1;
    }
    let mut difference = [0; 4];
    let mut borrow = false;
    i = 0;
    while i < 4 {
        let (first, under) = sum[i].overflowing_sub(modulus[i]);
        let (second, under_again) = first.overflowing_sub(borrow as u64);
        difference[i] = second;
        borrow = under | under_again;
        i += 1;
    }
    if borrow {
        sum
    } else {
        difference
    }
}

/// Inverses of eight canonical integers in Montgomery form with R = 2^260; `None` if one is zero.
///
/// To arkworks (R = 2^256) the words w of v stand for 16 v: the inverse of their product gives words of 1 / (16 v) with
/// R = 2^256, which 2^8 turns into the words of 1 / v with R = 2^260.
#[inline(never)]
fn invert_eight(integers: &[[u64; 4]; 8]) -> Option<[[u64; 4]; 8]> {
    let elements = integers.map(|words| Fq::new_unchecked(BigInt(words)));
    let mut prefixes = [Fq::one(); 8];
    let mut product = Fq::one();
    for (prefix, element) in prefixes.iter_mut().zip(&elements) {
        *prefix = product;
        product *= element;
    }
    let mut inverse = product.inverse()? * Fq::from(256u64);
    let mut out = [[0; 4]; 8];
    for i in (0..8).rev() {
        out[i] = (inverse * prefixes[i]).0 .0;
        inverse *= elements[i];
    }
    Some(out)
}
