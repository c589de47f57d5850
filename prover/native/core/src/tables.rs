// SPDX-License-Identifier: Apache-2.0
//! Tables of multiples of fixed bases: row k holds 2^(bits * sets * k) P for every base P.

use ark_ec::AffineRepr;
use rayon::prelude::*;

use crate::coordinates::Coordinate;
use crate::digits::Windows;
use crate::machine::lanes::{Ifma, Kernel};
use crate::points::{Curve, Packed};

/// Bases doubled together: they share each inversion.
const CHUNK: usize = 2048;

/// The rows, one after the other, of the multiples of `bases` (canonical). Infinity stays infinity.
pub fn build<C: Curve>(ifma: Ifma, windows: Windows, bases: &[C::Packed]) -> Vec<C::Packed> {
    let mut table = vec![C::Packed::INFINITY; bases.len() * windows.rows()];
    if bases.is_empty() {
        return table;
    }
    table[..bases.len()].copy_from_slice(bases);
    let n_doublings = windows.bits * windows.sets;
    let mut rest = &mut table[..];
    while rest.len() > bases.len() {
        let (row, after) = rest.split_at_mut(bases.len());
        row.par_chunks(CHUNK)
            .zip(after[..bases.len()].par_chunks_mut(CHUNK))
            .for_each(|(from, to)| ifma.run(Multiples::<C> { from, to, n_doublings }));
        rest = after;
    }
    table
}

struct Multiples<'a, C: Curve> {
    from: &'a [C::Packed],
    to: &'a mut [C::Packed],
    n_doublings: u32,
}

/// Coordinates of eight points, and the product of the denominators before them.
struct Group<C: Curve> {
    x: C::Coordinate,
    y: C::Coordinate,
    prefix: C::Coordinate,
}

impl<C: Curve> Kernel for Multiples<'_, C> {
    type Output = ();

    /// The formula has no exception: no point of the two curves has order two (their orders are odd), and the generator
    /// stands in for infinity.
    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let stand_in = C::pack(&C::Affine::generator());
        let mut groups: Vec<Group<C>> = Vec::with_capacity(self.from.len().div_ceil(8));
        for points in self.from.chunks(8) {
            let mut eight = [&stand_in; 8];
            for (slot, point) in eight.iter_mut().zip(points) {
                if !point.is_infinity() {
                    *slot = point;
                }
            }
            let (x, y) = C::Coordinate::load(ifma, eight);
            groups.push(Group { x, y, prefix: x });
        }
        for _ in 0..self.n_doublings {
            double::<C>(ifma, &mut groups);
        }
        for ((group, points), out) in groups.iter().zip(self.from.chunks(8)).zip(self.to.chunks_mut(8)) {
            C::Coordinate::store(group.x.canonical(), group.y.canonical(), |lane, multiple| {
                if let Some(point) = points.get(lane) {
                    out[lane] = if point.is_infinity() { C::Packed::INFINITY } else { multiple };
                }
            });
        }
    }
}

/// slope = 3 x^2 / (2 y); x' = slope^2 - 2 x; y' = slope (x - x') - y.
#[inline(always)]
fn double<C: Curve>(ifma: Ifma, groups: &mut [Group<C>]) {
    let mut product = C::Coordinate::one(ifma);
    for group in groups.iter_mut() {
        group.prefix = product;
        product = product.mul(group.y.double());
    }
    let Some(mut inverse) = product.inverse() else {
        unreachable!("no point of the curves has order two")
    };
    for group in groups.iter_mut().rev() {
        let slope = group.x.square().triple().mul(inverse.mul(group.prefix));
        inverse = inverse.mul(group.y.double());
        let x = slope.double_x(group.x);
        group.y = slope.sum_y(group.x.difference(x), group.y);
        group.x = x;
    }
}
