// SPDX-License-Identifier: Apache-2.0
//! From bucket sums to the weighted sum of 1 B_1 + 2 B_2 + ...

use std::ops::Range;

use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Zero};

use crate::multiply::Scratch;
use crate::points::{Curve, Packed};

/// Up to this many buckets in use are multiplied one by one.
const FEW: usize = 48;

/// Beyond this many the two groupings are summed side by side.
const MANY: usize = 4096;

/// The sum of b + 1 times `buckets[b]`.
///
/// With b + 1 = h 2^k + l, the sums over equal h and over equal l are batched additions; what is left are two weighted sums
/// of about the square root of the number of buckets, done bit by bit of the weights.
pub fn weighted_sum<C: Curve>(buckets: &[C::Packed], scratch: &Scratch<C>) -> C::Projective {
    let used: Vec<u32> =
        (0..buckets.len()).filter(|bucket| !buckets[*bucket].is_infinity()).map(|bucket| bucket as u32).collect();
    if used.len() <= FEW {
        return used.iter().map(|bucket| multiple(C::unpack(&buckets[*bucket as usize]), bucket + 1)).sum();
    }
    let low_bits = buckets.len().ilog2() / 2;
    let n_low = 1 << low_bits;
    let n_high = (buckets.len() >> low_bits) + 1;
    let high = |bucket: u32| (bucket as usize + 1) >> low_bits;
    let low = |bucket: u32| (bucket as usize + 1) % n_low;
    let sums = if used.len() > MANY {
        let (high, low) = rayon::join(
            || group_sums(buckets, &used, n_high, |bucket| [high(bucket)], scratch),
            || group_sums(buckets, &used, n_low, |bucket| [low(bucket)], scratch),
        );
        [high, low].concat()
    } else {
        group_sums(buckets, &used, n_high + n_low, |bucket| [high(bucket), n_high + low(bucket)], scratch)
    };
    let [mut high, low] = sums_by_bits(&sums, [0..n_high, n_high..n_high + n_low], scratch);
    for _ in 0..low_bits {
        high.double_in_place();
    }
    high + low
}

/// The sums of the buckets `used` in each of the groups that `groups_of` tells.
fn group_sums<C: Curve, const N: usize>(
    buckets: &[C::Packed],
    used: &[u32],
    n_groups: usize,
    groups_of: impl Fn(u32) -> [usize; N],
    scratch: &Scratch<C>,
) -> Vec<C::Packed> {
    let mut bounds = vec![0u32; n_groups + 1];
    for bucket in used {
        groups_of(*bucket).into_iter().for_each(|group| bounds[group + 1] += 1);
    }
    for group in 0..n_groups {
        bounds[group + 1] += bounds[group];
    }
    let mut next = bounds.clone();
    let mut entries = vec![0; N * used.len()];
    for bucket in used {
        for group in groups_of(*bucket) {
            let place = &mut next[group];
            entries[*place as usize] = bucket << 1;
            *place += 1;
        }
    }
    let mut sums = vec![C::Packed::INFINITY; n_groups];
    scratch.with(|summation| summation.sum(buckets, &entries, &bounds, &mut sums));
    sums
}

/// In each range the sum of the points times their places in it: of the points whose place has the same bit, which are
/// batched additions, times that bit.
fn sums_by_bits<C: Curve, const N: usize>(
    points: &[C::Packed],
    ranges: [Range<usize>; N],
    scratch: &Scratch<C>,
) -> [C::Projective; N] {
    let n_bits = points.len().ilog2() as usize + 1;
    let mut entries = Vec::with_capacity(points.len() / 2 * n_bits);
    let mut bounds = vec![0];
    for range in &ranges {
        for bit in 0..n_bits {
            let set = range.clone().filter(|place| (place - range.start) >> bit & 1 == 1 && !points[*place].is_infinity());
            entries.extend(set.map(|place| (place as u32) << 1));
            bounds.push(entries.len() as u32);
        }
    }
    let mut sums = vec![C::Packed::INFINITY; N * n_bits];
    scratch.with(|summation| summation.sum(points, &entries, &bounds, &mut sums));
    std::array::from_fn(|range| {
        let mut sum = C::Projective::zero();
        for point in sums[n_bits * range..n_bits * (range + 1)].iter().rev() {
            sum.double_in_place();
            sum += C::unpack(point);
        }
        sum
    })
}

fn multiple<A: AffineRepr>(point: A, factor: u32) -> A::Group {
    let mut sum = A::Group::zero();
    for bit in (0..u32::BITS - factor.leading_zeros()).rev() {
        sum.double_in_place();
        if factor >> bit & 1 == 1 {
            sum += point;
        }
    }
    sum
}
