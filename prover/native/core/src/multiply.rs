// SPDX-License-Identifier: Apache-2.0
//! Multi-exponentiation with fixed bases: sum of scalar times base, from a table of multiples of the bases.
//!
//! The bucket method (Pippenger) with signed digits. Because the table holds the multiples that the digits of every
//! window ask for, all windows share one set of buckets and no doublings are left; with `sets` > 1 the table is that
//! much smaller, there are as many sets of buckets, and their sums are combined by doublings.

use std::sync::{Mutex, PoisonError};

use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Zero};
use rayon::prelude::*;

use crate::digits::{self, Sorted, Windows, Words};
use crate::machine::lanes::Ifma;
use crate::points::{Curve, Packed};
use crate::reduce;
use crate::sums::Summation;

/// Points that one task sums: its scratch memory then fits into the second cache.
const TASK: usize = 16_384;
const SMALLEST_TASK: usize = 512;

/// Scratch memory of the threads, kept from call to call.
pub struct Scratch<C: Curve> {
    ifma: Ifma,
    idle: Mutex<Vec<Summation<C>>>,
}

impl<C: Curve> Scratch<C> {
    pub fn new(ifma: Ifma) -> Self {
        Self { ifma, idle: Mutex::new(Vec::new()) }
    }

    /// Lends a summation to `work`.
    pub fn with<T>(&self, work: impl FnOnce(&mut Summation<C>) -> T) -> T {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut summation = idle.unwrap_or_else(|| Summation::new(self.ifma));
        let result = work(&mut summation);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(summation);
        result
    }
}

/// Bases with their table.
#[derive(Clone, Copy)]
pub struct Bases<'a, C: Curve> {
    pub windows: Windows,
    /// `windows.rows()` rows of as many points as there are bases.
    pub table: &'a [C::Packed],
    /// Bases at infinity.
    pub skipped: &'a [bool],
}

/// The sum of `scalars[i]` times base i, one scalar per base.
pub fn multiply<C: Curve>(bases: Bases<'_, C>, scalars: &[Words], scratch: &Scratch<C>) -> C::Projective {
    let n = bases.skipped.len();
    let threads = rayon::current_num_threads();
    let chunk = n.div_ceil(threads).max(1);
    let parts: Vec<Sorted> = scalars
        .par_chunks(chunk)
        .zip(bases.skipped.par_chunks(chunk))
        .enumerate()
        .map(|(part, (scalars, skipped))| digits::sort(bases.windows, scalars, skipped, part * chunk, n))
        .collect();
    let buckets = sum_buckets(bases, &parts, threads, scratch);
    let mut sum = C::Projective::zero();
    for set in buckets.chunks(bases.windows.buckets()).rev() {
        for _ in 0..bases.windows.bits {
            sum.double_in_place();
        }
        sum += reduce::weighted_sum(set, scratch);
    }
    sum
}

/// A task: all points of the buckets from `first` to before `end`.
struct Task {
    first: usize,
    end: usize,
}

fn sum_buckets<C: Curve>(
    bases: Bases<'_, C>,
    parts: &[Sorted],
    threads: usize,
    scratch: &Scratch<C>,
) -> Vec<C::Packed> {
    let n_buckets = bases.windows.buckets() * bases.windows.sets as usize;
    let n_points = parts.iter().map(|part| part.entries.len()).sum::<usize>();
    let limit = (n_points / (4 * threads)).clamp(SMALLEST_TASK, TASK);
    let (tasks, crowded) = plan(parts, n_buckets, limit);
    let mut buckets = vec![C::Packed::INFINITY; n_buckets];
    let mut rest = &mut buckets[..];
    let mut start = 0;
    let mut places = Vec::with_capacity(tasks.len());
    for task in &tasks {
        let (place, after) = rest[task.first - start..].split_at_mut(task.end - task.first);
        places.push(place);
        rest = after;
        start = task.end;
    }
    tasks.par_iter().zip(places).for_each(|(task, place)| {
        let (entries, bounds) = gather(parts, task.first..task.end);
        scratch.with(|summation| summation.sum(bases.table, &entries, &bounds, place));
    });
    for bucket in crowded {
        let (entries, _) = gather(parts, bucket..bucket + 1);
        let pieces = entries.len().div_ceil(limit).next_multiple_of(threads);
        let partial: Vec<C::Packed> = entries
            .par_chunks(entries.len().div_ceil(pieces))
            .map(|piece| {
                let mut sum = [C::Packed::INFINITY];
                scratch.with(|summation| summation.sum(bases.table, piece, &[0, piece.len() as u32], &mut sum));
                sum[0]
            })
            .collect();
        let sum: C::Projective = partial.iter().map(|point| C::unpack(point).into_group()).sum();
        buckets[bucket] = C::pack(&sum.into_affine());
    }
    buckets
}

/// Splits the buckets into tasks of about `limit` points; those with more than twice as many are listed apart.
fn plan(parts: &[Sorted], n_buckets: usize, limit: usize) -> (Vec<Task>, Vec<usize>) {
    let size = |bucket: usize| -> usize {
        parts.iter().map(|part| (part.bounds[bucket + 1] - part.bounds[bucket]) as usize).sum()
    };
    let (mut tasks, mut crowded) = (Vec::new(), Vec::new());
    let (mut first, mut points) = (0, 0);
    for bucket in 0..n_buckets {
        let more = size(bucket);
        if more > 2 * limit {
            crowded.push(bucket);
        }
        if more > 2 * limit || points + more > limit {
            if points > 0 {
                tasks.push(Task { first, end: bucket });
            }
            first = bucket;
            points = 0;
        }
        if more > 2 * limit {
            first = bucket + 1;
        } else {
            points += more;
        }
    }
    if points > 0 {
        tasks.push(Task { first, end: n_buckets });
    }
    (tasks, crowded)
}

/// The points of some buckets, and where each bucket's begin.
fn gather(parts: &[Sorted], buckets: std::ops::Range<usize>) -> (Vec<u32>, Vec<u32>) {
    let mut entries = Vec::new();
    let mut bounds = Vec::with_capacity(buckets.len() + 1);
    bounds.push(0);
    for bucket in buckets {
        for part in parts {
            entries.extend_from_slice(&part.entries[part.bounds[bucket] as usize..part.bounds[bucket + 1] as usize]);
        }
        bounds.push(entries.len() as u32);
    }
    (entries, bounds)
}
