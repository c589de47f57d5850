// SPDX-License-Identifier: Apache-2.0
//! Additions of many independent pairs of affine points that share one inversion.
//!
//! A sum of two points costs a division; Montgomery's trick makes one inversion and three products per pair of it. The
//! pairs for which the formula has no meaning - equal points, opposite points, infinity - are found by a denominator of
//! zero; they are then taken out and added in arkworks.

use ark_ec::{AffineRepr, CurveGroup};

use crate::coordinates::Coordinate;
use crate::machine::lanes::{prefetch, Ifma, Kernel, Mask};
use crate::points::{Curve, Packed};

/// Pairs that share an inversion. The kept coordinates of a batch, 1.6 kB per eight pairs of G1, stay in the second cache.
pub const BATCH: usize = 4096;

/// Independent running products, so that one product need not wait for the last.
const CHAINS: usize = 4;

/// How many groups of eight ahead points are fetched.
const AHEAD: usize = 3;

/// Two points to be added: their places, doubled, plus one where the point is to be negated; and the place of the sum.
#[derive(Clone, Copy)]
pub struct Pair {
    pub first: u32,
    pub second: u32,
    pub target: u32,
}

/// What the first pass leaves to the second.
pub struct Kept<C: Curve> {
    prefix: C::Coordinate,
    x1: C::Coordinate,
    y1: C::Coordinate,
    step: C::Coordinate,
    rise: C::Coordinate,
}

/// Adds `pairs` into `slots`, taking points from `table`, or from `slots` itself without one.
///
/// Only points of a table, whose coordinates are canonical, may be negated. A sum may take the place of one of its own
/// summands, not of another pair's. `careful` must be set once the source may hold a point at infinity. The output says
/// whether a sum was the point at infinity.
pub struct Batch<'a, C: Curve> {
    pub table: Option<&'a [C::Packed]>,
    pub slots: &'a mut [C::Packed],
    pub pairs: &'a [Pair],
    pub kept: &'a mut Vec<Kept<C>>,
    pub careful: bool,
}

impl<C: Curve> Kernel for Batch<'_, C> {
    type Output = bool;

    #[inline(always)]
    fn run(mut self, ifma: Ifma) -> bool {
        let mut exceptions = Vec::new();
        let plain = if self.careful { None } else { self.denominators::<false>(ifma, &mut exceptions) };
        let inverses = match plain {
            Some(inverses) => inverses,
            None => match self.denominators::<true>(ifma, &mut exceptions) {
                Some(inverses) => inverses,
                None => unreachable!("denominators of zero are replaced by one"),
            },
        };
        let sums = self.exceptional_sums(&exceptions);
        self.sums(inverses);
        let mut infinity = false;
        for (pair, sum) in exceptions.iter().zip(sums) {
            infinity |= sum.is_infinity();
            self.slots[self.pairs[*pair].target as usize] = sum;
        }
        infinity
    }
}

impl<C: Curve> Batch<'_, C> {
    /// First pass: products of the differences of x, inverted. With CAREFUL, a difference that is zero or belongs to the
    /// point at infinity is replaced by one and its pair's number is noted.
    #[inline(always)]
    fn denominators<const CAREFUL: bool>(
        &mut self,
        ifma: Ifma,
        exceptions: &mut Vec<usize>,
    ) -> Option<[C::Coordinate; CHAINS]> {
        let source = self.table.unwrap_or(&*self.slots);
        let mut products = [C::Coordinate::one(ifma); CHAINS];
        self.kept.clear();
        for (group, pairs) in self.pairs.chunks(8).enumerate() {
            if let Some(later) = self.pairs.get(8 * (group + AHEAD)..8 * (group + AHEAD) + 8) {
                for pair in later {
                    prefetch_point(&source[(pair.first >> 1) as usize]);
                    prefetch_point(&source[(pair.second >> 1) as usize]);
                }
            }
            let mut firsts = [&source[(pairs[0].first >> 1) as usize]; 8];
            let mut seconds = firsts;
            let (mut negate_first, mut negate_second) = (0, 0);
            for (lane, pair) in pairs.iter().enumerate() {
                firsts[lane] = &source[(pair.first >> 1) as usize];
                seconds[lane] = &source[(pair.second >> 1) as usize];
                negate_first |= ((pair.first & 1) as u8) << lane;
                negate_second |= ((pair.second & 1) as u8) << lane;
            }
            let (x1, mut y1) = C::Coordinate::load(ifma, firsts);
            let (x2, mut y2) = C::Coordinate::load(ifma, seconds);
            if self.table.is_some() {
                y1 = y1.negated_where(Mask::from_bits(ifma, negate_first));
                y2 = y2.negated_where(Mask::from_bits(ifma, negate_second));
            }
            let (mut step, rise) = (x2.difference(x1), y2.difference(y1));
            let missing = if pairs.len() < 8 { 0xff << pairs.len() } else { 0 };
            if CAREFUL {
                let mut exceptional = step.not_zero().not().bits();
                for lane in 0..8 {
                    let infinite = firsts[lane].is_infinity() || seconds[lane].is_infinity();
                    exceptional |= u8::from(infinite) << lane;
                }
                let noted = (0..pairs.len()).filter(|lane| exceptional >> lane & 1 == 1);
                exceptions.extend(noted.map(|lane| 8 * group + lane));
                let mask = Mask::from_bits(ifma, exceptional | missing);
                step = step.replaced_where(mask, C::Coordinate::one(ifma));
            } else if missing != 0 {
                step = step.replaced_where(Mask::from_bits(ifma, missing), C::Coordinate::one(ifma));
            }
            let chain = group % CHAINS;
            self.kept.push(Kept { prefix: products[chain], x1, y1, step, rise });
            products[chain] = products[chain].mul(step);
        }
        let [a, b, c, d] = products;
        let (ab, cd) = (a.mul(b), c.mul(d));
        let inverse = ab.mul(cd).inverse()?;
        let (ab_inverse, cd_inverse) = (inverse.mul(cd), inverse.mul(ab));
        Some([ab_inverse.mul(b), ab_inverse.mul(a), cd_inverse.mul(d), cd_inverse.mul(c)])
    }

    /// Second pass, backwards: slope = rise / step, x = slope^2 - x1 - x2, y = slope (x1 - x) - y1.
    #[inline(always)]
    fn sums(&mut self, mut inverses: [C::Coordinate; CHAINS]) {
        for (group, pairs) in self.pairs.chunks(8).enumerate().rev() {
            let Kept { prefix, x1, y1, step, rise } = self.kept[group];
            let chain = group % CHAINS;
            let slope = rise.mul(inverses[chain].mul(prefix));
            inverses[chain] = inverses[chain].mul(step);
            let x = slope.square().sum_x(x1, step);
            let y = slope.mul(x1.difference(x)).sum_y(y1);
            let slots = &mut *self.slots;
            C::Coordinate::store(x, y, |lane, point| {
                if let Some(pair) = pairs.get(lane) {
                    slots[pair.target as usize] = point;
                }
            });
        }
    }

    fn exceptional_sums(&self, exceptions: &[usize]) -> Vec<C::Packed> {
        let source = self.table.unwrap_or(&*self.slots);
        let point = |place: u32| {
            let point = C::unpack(&source[(place >> 1) as usize]).into_group();
            if place & 1 == 1 {
                -point
            } else {
                point
            }
        };
        let sums: Vec<C::Projective> = exceptions
            .iter()
            .map(|number| point(self.pairs[*number].first) + point(self.pairs[*number].second))
            .collect();
        C::Projective::normalize_batch(&sums).iter().map(C::pack).collect()
    }
}

// Not derived: a derive would ask for C::Coordinate's traits through C.
impl<C: Curve> Clone for Kept<C> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Curve> Copy for Kept<C> {}

#[inline(always)]
fn prefetch_point<P: Packed>(point: &P) {
    for line in point.as_bytes().chunks(64) {
        prefetch(&line[0]);
    }
}
