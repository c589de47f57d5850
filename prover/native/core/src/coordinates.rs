// SPDX-License-Identifier: Apache-2.0
//! Coordinates of eight points at once: elements of Fq for G1, of Fq2 = Fq[u] / (u^2 + 1) for G2.
//!
//! Ranges, in multiples of q and by component: a *stored* coordinate is below 2.33, a *difference* below 5.33, a
//! *product* (of stored coordinates, differences, products) below 2.5. They make every factor less than 16 and
//! every value to be reduced less than 10.5, as `Element` demands.

use ark_bn254::Fq;

use crate::field::{Base, Element};
use crate::inverse::invert_eight;
use crate::machine::lanes::{Ifma, Lanes, Mask};
use crate::points::{PackedG1, PackedG2};
use crate::wide::Wide;

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
    /// The sum's x = self^2 - x1 - x2, stored; `self` is the slope, a product, `step` the difference x2 - x1 + 3 q (so that
    /// 2 x1 + step is from 3 q to 7.7 q), or one where the sum does not count.
    fn sum_x(self, x1: Self, step: Self) -> Self;
    /// The double's x = self^2 - 2 x, stored; `self` is the slope, a product.
    fn double_x(self, x: Self) -> Self;
    /// The y = self run - y1 of a sum or double, stored; `self` is the slope, a product, `run` the difference x1 - x, and y1
    /// stored or loosely negated.
    fn sum_y(self, run: Self, y1: Self) -> Self;
    /// The inverses, `None` if one of the eight products is zero.
    fn inverse(self) -> Option<Self>;
    /// Lanes of a difference that are not zero.
    fn not_zero(self) -> Mask;
    fn replaced_where(self, mask: Mask, other: Self) -> Self;
    /// -self in the lanes of `mask`, for canonical values, without borrows: fit for `difference` and `sum_y`.
    fn loosely_negated_where(self, mask: Mask) -> Self;
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
        sum_x(self.loose_square(), x1, step)
    }

    #[inline(always)]
    fn double_x(self, x: Self) -> Self {
        double_x(self.loose_square(), x)
    }

    #[inline(always)]
    fn sum_y(self, run: Self, y1: Self) -> Self {
        sum_y(self.loose_mul(run), y1)
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
    fn loosely_negated_where(self, mask: Mask) -> Self {
        Element::loosely_negated_where(self, mask)
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

impl Quadratic {
    /// Karatsuba, with one reduction per component: c0 = a0 b0 - a1 b1 + q, c1 = (a0 + a1)(b0 + b1) - a0 b0 - a1 b1. The
    /// limbs are signed.
    #[inline(always)]
    fn loose_mul(self, other: Self) -> Self {
        let low = Wide::product(self.c0, other.c0);
        let high = Wide::product(self.c1, other.c1);
        let cross = Wide::product(self.c0.add(self.c1), other.c0.add(other.c1));
        Self { c0: low.minus(high).plus_modulus().reduced(), c1: cross.minus(low).minus(high).reduced() }
    }

    /// c0 = (a0 + a1)(a0 - a1 + 3 q), c1 = 2 a0 a1, without carries.
    #[inline(always)]
    fn loose_square(self) -> Self {
        let product = self.c0.loose_mul(self.c1);
        Self { c0: self.c0.add(self.c1).loose_mul(self.c0.sub::<3>(self.c1)), c1: product.loose_add(product) }
    }
}

impl Coordinate for Quadratic {
    type Packed = PackedG2;

    #[inline(always)]
    fn one(ifma: Ifma) -> Self {
        Self { c0: Coordinate::one(ifma), c1: Element::zero(ifma) }
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        let product = self.loose_mul(other);
        Self { c0: product.c0.settled(), c1: product.c1.settled() }
    }

    #[inline(always)]
    fn square(self) -> Self {
        let square = self.loose_square();
        Self { c0: square.c0.settled(), c1: square.c1.settled() }
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
        let square = self.loose_square();
        Self { c0: sum_x(square.c0, x1.c0, step.c0), c1: sum_x(square.c1, x1.c1, step.c1) }
    }

    #[inline(always)]
    fn double_x(self, x: Self) -> Self {
        let square = self.loose_square();
        Self { c0: double_x(square.c0, x.c0), c1: double_x(square.c1, x.c1) }
    }

    #[inline(always)]
    fn sum_y(self, run: Self, y1: Self) -> Self {
        let product = self.loose_mul(run);
        Self { c0: sum_y(product.c0, y1.c0), c1: sum_y(product.c1, y1.c1) }
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
    fn loosely_negated_where(self, mask: Mask) -> Self {
        Self { c0: Element::loosely_negated_where(self.c0, mask), c1: Element::loosely_negated_where(self.c1, mask) }
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

/// One component of `Coordinate::sum_x`, of the slope's square without carries.
#[inline(always)]
fn sum_x(square: Element<Base>, x1: Element<Base>, step: Element<Base>) -> Element<Base> {
    square.loose_sub(x1).loose_sub(x1).loose_sub(step).loose_plus::<8>().reduced()
}

/// One component of `Coordinate::double_x`, of the slope's square without carries.
#[inline(always)]
fn double_x(square: Element<Base>, x: Element<Base>) -> Element<Base> {
    square.loose_sub(x).loose_sub(x).loose_plus::<6>().reduced()
}

/// One component of `Coordinate::sum_y`, of the product of slope and run without carries.
#[inline(always)]
fn sum_y(product: Element<Base>, y1: Element<Base>) -> Element<Base> {
    product.loose_sub(y1).loose_plus::<3>().reduced()
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
