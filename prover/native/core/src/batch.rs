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
        let n_groups = self.pairs.len().div_ceil(8);
        if self.kept.len() < n_groups {
            self.kept.resize(n_groups, Kept::new(products[0]));
        }
        let (whole, rest) = self.pairs.as_chunks::<8>();
        for group in 0..n_groups {
            if let Some(later) = whole.get(group + AHEAD) {
                for pair in later {
                    prefetch_point(&source[(pair.first >> 1) as usize]);
                    prefetch_point(&source[(pair.second >> 1) as usize]);
                }
            }
            let padded;
            let (pairs, missing) = match whole.get(group) {
                Some(pairs) => (pairs, 0),
                None => {
                    padded = pad(rest);
                    (&padded, 0xff << rest.len())
                }
            };
            let kept = &mut self.kept[group];
            kept.set_differences(ifma, source, pairs, self.table.is_some());
            let mut without = missing;
            if CAREFUL {
                let exceptional = exceptional_lanes(source, pairs, kept) & !missing;
                exceptions.extend((0..8).filter(|lane| exceptional >> lane & 1 == 1).map(|lane| 8 * group + lane));
                without |= exceptional;
            }
            if without != 0 {
                kept.step = kept.step.replaced_where(Mask::from_bits(ifma, without), C::Coordinate::one(ifma));
            }
            let product = &mut products[group % CHAINS];
            kept.prefix = *product;
            *product = product.mul(kept.step);
        }
        let [a, b, c, d] = products;
        let (ab, cd) = (a.mul(b), c.mul(d));
        let inverse = ab.mul(cd).inverse()?;
        let (ab_inverse, cd_inverse) = (inverse.mul(cd), inverse.mul(ab));
        Some([ab_inverse.mul(b), ab_inverse.mul(a), cd_inverse.mul(d), cd_inverse.mul(c)])
    }

    /// Second pass, backwards.
    #[inline(always)]
    fn sums(&mut self, mut inverses: [C::Coordinate; CHAINS]) {
        let n_groups = self.pairs.len().div_ceil(8);
        let n_whole = n_groups - n_groups % CHAINS;
        for group in (n_whole..n_groups).rev() {
            self.add_groups::<1>(group, std::array::from_mut(&mut inverses[group - n_whole]));
        }
        for first in (0..n_whole).step_by(CHAINS).rev() {
            self.add_groups::<CHAINS>(first, &mut inverses);
        }
    }

    /// slope = rise / step, x = slope^2 - x1 - x2, y = slope (x1 - x) - y1 for N groups from `first` on, one per chain: each
    /// step depends on the one before, so that the processor would wait for the results of a single group.
    #[inline(always)]
    fn add_groups<const N: usize>(&mut self, first: usize, inverses: &mut [C::Coordinate; N]) {
        let Some(kept) = self.kept[first..].first_chunk_mut::<N>() else { return };
        // Every result takes the place of a value that is not needed any more.
        for i in 0..N {
            kept[i].prefix = inverses[i].mul(kept[i].prefix);
        }
        for i in 0..N {
            kept[i].rise = kept[i].rise.mul(kept[i].prefix);
        }
        for i in 0..N {
            inverses[i] = inverses[i].mul(kept[i].step);
        }
        for i in 0..N {
            kept[i].step = kept[i].rise.sum_x(kept[i].x1, kept[i].step);
        }
        for i in 0..N {
            kept[i].rise = kept[i].rise.sum_y(kept[i].x1.difference(kept[i].step), kept[i].y1);
        }
        let slots = &mut *self.slots;
        for i in 0..N {
            let pairs = &self.pairs[8 * (first + i)..];
            if let Some(eight) = pairs.first_chunk::<8>() {
                C::Coordinate::store(kept[i].step, kept[i].rise, |lane, point| slots[eight[lane].target as usize] = point);
            } else {
                C::Coordinate::store(kept[i].step, kept[i].rise, |lane, point| {
                    if let Some(pair) = pairs.get(lane) {
                        slots[pair.target as usize] = point;
                    }
                });
            }
        }
    }

    fn exceptional_sums(&self, exceptions: &[usize]) -> Vec<C::Packed> {
        if exceptions.is_empty() {
            return Vec::new();
        }
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

impl<C: Curve> Kept<C> {
    fn new(any: C::Coordinate) -> Self {
        Self { prefix: any, x1: any, y1: any, step: any, rise: any }
    }

    /// The points of eight pairs and their differences.
    #[inline(always)]
    fn set_differences(&mut self, ifma: Ifma, source: &[C::Packed], pairs: &[Pair; 8], signed: bool) {
        let mut firsts = [&source[(pairs[0].first >> 1) as usize]; 8];
        let mut seconds = firsts;
        let (mut negate_first, mut negate_second) = (0, 0);
        for lane in 0..8 {
            let pair = pairs[lane];
            firsts[lane] = &source[(pair.first >> 1) as usize];
            seconds[lane] = &source[(pair.second >> 1) as usize];
            negate_first |= ((pair.first & 1) as u8) << lane;
            negate_second |= ((pair.second & 1) as u8) << lane;
        }
        let (x1, mut y1) = C::Coordinate::load(ifma, firsts);
        let (x2, mut y2) = C::Coordinate::load(ifma, seconds);
        if signed {
            y1 = y1.loosely_negated_where(Mask::from_bits(ifma, negate_first));
            y2 = y2.loosely_negated_where(Mask::from_bits(ifma, negate_second));
        }
        (self.x1, self.y1) = (x1, y1);
        (self.step, self.rise) = (x2.difference(x1), y2.difference(y1));
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

/// Lanes whose points have the same x or are at infinity.
#[inline(always)]
fn exceptional_lanes<C: Curve>(source: &[C::Packed], pairs: &[Pair; 8], kept: &Kept<C>) -> u8 {
    let infinite = |place: u32| source[(place >> 1) as usize].is_infinity();
    let mut lanes = kept.step.not_zero().not().bits();
    for (lane, pair) in pairs.iter().enumerate() {
        lanes |= u8::from(infinite(pair.first) || infinite(pair.second)) << lane;
    }
    lanes
}

/// Fewer than eight pairs, the first of them again in the other lanes.
#[inline(always)]
fn pad(rest: &[Pair]) -> [Pair; 8] {
    let mut padded = [rest[0]; 8];
    padded[..rest.len()].copy_from_slice(rest);
    padded
}

/// Asks the processor to bring `point` into its first cache.
#[inline(always)]
pub fn prefetch_point<P: Packed>(point: &P) {
    for line in point.as_bytes().chunks(64) {
        prefetch(&line[0]);
    }
}
