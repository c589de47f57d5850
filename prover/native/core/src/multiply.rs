// SPDX-License-Identifier: Apache-2.0
//! Multi-exponentiation with fixed bases: sum of scalar times base, from a table of multiples of the bases.
//!
//! The bucket method (Pippenger) with signed digits. Because the table holds the multiples that the digits of every
//! window ask for, all windows share one set of buckets and no doublings are left; with `sets` > 1 the table is that
//! much smaller, there are as many sets of buckets, and their sums are combined by doublings.

use std::sync::{Arc, Mutex, PoisonError};

use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{AdditiveGroup, Zero};
use rayon::prelude::*;

use crate::digits::{self, Lists, Windows, Words};
use crate::machine::lanes::Ifma;
use crate::points::{Curve, Packed};
use crate::reduce;
use crate::sums::Summation;

/// Points that one task should sum: its scratch memory then fits into the second cache.
const TASK: usize = 16_384;

/// Scratch memory of the threads, kept from call to call.
pub struct Scratch<C: Curve> {
    ifma: Ifma,
    idle: Mutex<Vec<Summation<C>>>,
    idle_lists: Arc<Mutex<Vec<Lists>>>,
}

impl<C: Curve> Scratch<C> {
    pub fn new(ifma: Ifma) -> Self {
        Self { ifma, idle: Mutex::default(), idle_lists: Arc::default() }
    }

    /// Scratch memory for another curve, with the same lists of digits.
    pub fn for_curve<D: Curve>(&self) -> Scratch<D> {
        Scratch { ifma: self.ifma, idle: Mutex::default(), idle_lists: Arc::clone(&self.idle_lists) }
    }

    /// Lends a summation to `work`.
    pub fn with<T>(&self, work: impl FnOnce(&mut Summation<C>) -> T) -> T {
        let mut summation = take(&self.idle).unwrap_or_else(|| Summation::new(self.ifma));
        let result = work(&mut summation);
        put_back(&self.idle, summation);
        result
    }
}

fn take<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn put_back<T>(idle: &Mutex<Vec<T>>, item: T) {
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(item);
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
    let digits = Digits::of(bases, scalars, scratch);
    let sum = digits.multiply(bases.table, scratch);
    digits.put_back(scratch);
    sum
}

/// The digits of scalars, sorted coarsely: they serve every table of the same windows and infinities.
pub struct Digits {
    windows: Windows,
    n_buckets: usize,
    low_bits: u32,
    /// By thread.
    parts: Vec<Lists>,
}

impl Digits {
    /// The digits of one scalar per base.
    pub fn of<C: Curve>(bases: Bases<'_, C>, scalars: &[Words], scratch: &Scratch<C>) -> Self {
        let n = bases.skipped.len();
        let (windows, n_digits) = suited_windows(bases.windows, scalars);
        let n_buckets = windows.buckets() * windows.sets as usize;
        let low_bits = list_bits(n_digits, n_buckets);
        let chunk = n.div_ceil(rayon::current_num_threads()).max(1);
        let parts = scalars
            .par_chunks(chunk)
            .zip(bases.skipped.par_chunks(chunk))
            .enumerate()
            .map(|(part, (scalars, skipped))| {
                let mut lists = take(&scratch.idle_lists).unwrap_or_default();
                lists.iter_mut().for_each(Vec::clear);
                lists.resize_with(n_buckets >> low_bits, Vec::new);
                digits::distribute(windows, low_bits, scalars, skipped, (part * chunk, n), &mut lists);
                lists
            })
            .collect();
        Self { windows, n_buckets, low_bits, parts }
    }

    /// The sum of the scalars times the bases of `table`.
    pub fn multiply<C: Curve>(&self, table: &[C::Packed], scratch: &Scratch<C>) -> C::Projective {
        let buckets = sum_buckets(table, &self.parts, (self.n_buckets, self.low_bits), scratch);
        let mut sum = C::Projective::zero();
        for set in buckets.chunks(self.windows.buckets()).rev() {
            for _ in 0..self.windows.bits {
                sum.double_in_place();
            }
            sum += reduce::weighted_sum(set, scratch);
        }
        sum
    }

    /// Gives the memory back.
    pub fn put_back<C: Curve>(self, scratch: &Scratch<C>) {
        self.parts.into_iter().for_each(|lists| put_back(&scratch.idle_lists, lists));
    }
}

/// The windows for these scalars and the number of digits to expect of them.
///
/// They are the windows of the table, or halves of them where so few scalars exceed one that most buckets would stay
/// empty: half as wide digits meet the same rows, with twice as many sets of far fewer buckets.
fn suited_windows(windows: Windows, scalars: &[Words]) -> (Windows, usize) {
    let is_large = |words: &&Words| words[0] > 1 || words[1] | words[2] | words[3] != 0;
    let n_large = scalars.iter().filter(is_large).count();
    let n_digits = n_large * windows.count() as usize;
    if windows.bits % 2 == 1 || n_digits > windows.buckets() {
        return (windows, scalars.len() + n_digits);
    }
    (Windows { bits: windows.bits / 2, sets: 2 * windows.sets }, scalars.len() + 2 * n_digits)
}

/// Binary logarithm of the number of buckets per list, so that each list has about `TASK` entries.
fn list_bits(n_entries: usize, n_buckets: usize) -> u32 {
    let n_lists = (n_entries / TASK).next_power_of_two().clamp(1, n_buckets);
    (n_buckets / n_lists).next_power_of_two().ilog2()
}

/// Entries of some buckets in the order of the buckets; those of bucket b are `entries[bounds[b]..bounds[b + 1]]`.
struct Sorted {
    entries: Vec<u32>,
    bounds: Vec<u32>,
}

fn sum_buckets<C: Curve>(
    table: &[C::Packed],
    parts: &[Lists],
    (n_buckets, low_bits): (usize, u32),
    scratch: &Scratch<C>,
) -> Vec<C::Packed> {
    let mut buckets = vec![C::Packed::INFINITY; n_buckets];
    let crowded: Vec<(&mut [C::Packed], Sorted)> = buckets
        .par_chunks_mut(1 << low_bits)
        .enumerate()
        .filter_map(|(list, sums)| {
            let n_entries: usize = parts.iter().map(|lists| lists[list].len()).sum();
            if n_entries == 0 {
                return None;
            }
            let sorted = sort(parts, list, n_entries, sums.len());
            if n_entries > 2 * TASK {
                return Some((sums, sorted));
            }
            scratch.with(|summation| summation.sum(table, &sorted.entries, &sorted.bounds, sums));
            None
        })
        .collect();
    for (sums, sorted) in crowded {
        sum_crowded(table, &sorted, sums, scratch);
    }
    buckets
}

/// Counting sort of one list of all parts.
fn sort(parts: &[Lists], list: usize, n_entries: usize, n_buckets: usize) -> Sorted {
    let mut bounds = vec![0u32; n_buckets + 1];
    let digits = || parts.iter().flat_map(|lists| &lists[list]);
    for digit in digits() {
        bounds[(digit >> 32) as usize + 1] += 1;
    }
    for bucket in 0..n_buckets {
        bounds[bucket + 1] += bounds[bucket];
    }
    let mut next = bounds.clone();
    let mut entries = vec![0; n_entries];
    for digit in digits() {
        let place = &mut next[(digit >> 32) as usize];
        entries[*place as usize] = *digit as u32;
        *place += 1;
    }
    Sorted { entries, bounds }
}

/// Sums of a list with more entries than a task should have, split by buckets, and by entries within large buckets:
/// where most scalars are bits, one bucket has most of the entries.
fn sum_crowded<C: Curve>(table: &[C::Packed], sorted: &Sorted, sums: &mut [C::Packed], scratch: &Scratch<C>) {
    let pieces: Vec<(usize, &[u32])> = sorted
        .bounds
        .windows(2)
        .enumerate()
        .flat_map(|(bucket, bound)| {
            let entries = &sorted.entries[bound[0] as usize..bound[1] as usize];
            let n_pieces = entries.len().div_ceil(TASK).max(1);
            entries.chunks(entries.len().div_ceil(n_pieces).max(1)).map(move |piece| (bucket, piece))
        })
        .collect();
    let mut tasks: Vec<&[(usize, &[u32])]> = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (end, (_, piece)) in pieces.iter().enumerate() {
        if size + piece.len() > TASK && end > start {
            tasks.push(&pieces[start..end]);
            (start, size) = (end, 0);
        }
        size += piece.len();
    }
    tasks.push(&pieces[start..]);
    let partial: Vec<Vec<C::Packed>> = tasks
        .par_iter()
        .map(|task| {
            let mut bounds = vec![0];
            let mut entries = Vec::new();
            for (_, piece) in *task {
                entries.extend_from_slice(piece);
                bounds.push(entries.len() as u32);
            }
            let mut out = vec![C::Packed::INFINITY; task.len()];
            scratch.with(|summation| summation.sum(table, &entries, &bounds, &mut out));
            out
        })
        .collect();
    for ((bucket, _), sum) in pieces.iter().zip(partial.into_iter().flatten()) {
        let target = &mut sums[*bucket];
        *target = if target.is_infinity() {
            sum
        } else {
            C::pack(&(C::unpack(target).into_group() + C::unpack(&sum)).into_affine())
        };
    }
}
