// SPDX-License-Identifier: Apache-2.0
//! From bucket sums to the weighted sum of 1 B_1 + 2 B_2 + ...

use ark_ec::AffineRepr;
use ark_ff::{AdditiveGroup, Zero};

use crate::multiply::Scratch;
use crate::points::{Curve, Packed};

/// Up to this many buckets in use are multiplied one by one.
const FEW: usize = 48;

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
    let group_sums = |n_groups: usize, group_of: &dyn Fn(u32) -> usize| -> C::Projective {
        let mut bounds = vec![0u32; n_groups + 1];
        for bucket in &used {
            bounds[group_of(*bucket) + 1] += 1;
        }
        for group in 0..n_groups {
            bounds[group + 1] += bounds[group];
        }
        let mut next = bounds.clone();
        let mut entries = vec![0; used.len()];
        for bucket in &used {
            let place = &mut next[group_of(*bucket)];
            entries[*place as usize] = bucket << 1;
            *place += 1;
        }
        let mut sums = vec![C::Packed::INFINITY; n_groups];
        scratch.with(|summation| summation.sum(buckets, &entries, &bounds, &mut sums));
        sum_by_bits(&sums, scratch)
    };
    let (mut high, low) = rayon::join(
        || group_sums(n_high, &|bucket| (bucket as usize + 1) >> low_bits),
        || group_sums(n_low, &|bucket| (bucket as usize + 1) % n_low),
    );
    for _ in 0..low_bits {
        high.double_in_place();
    }
    high + low
}

/// The sum of g times `points[g]`: of the points whose g has the same bit, which are batched additions, times that bit.
fn sum_by_bits<C: Curve>(points: &[C::Packed], scratch: &Scratch<C>) -> C::Projective {
    let n_bits = points.len().ilog2() + 1;
    let mut entries = Vec::with_capacity(points.len() / 2 * n_bits as usize);
    let mut bounds = vec![0];
    for bit in 0..n_bits {
        let set = (0..points.len()).filter(|g| g >> bit & 1 == 1 && !points[*g].is_infinity());
        entries.extend(set.map(|g| (g as u32) << 1));
        bounds.push(entries.len() as u32);
    }
    let mut sums = vec![C::Packed::INFINITY; n_bits as usize];
    scratch.with(|summation| summation.sum(points, &entries, &bounds, &mut sums));
    let mut sum = C::Projective::zero();
    for point in sums.iter().rev() {
        sum.double_in_place();
        sum += C::unpack(point);
    }
    sum
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
