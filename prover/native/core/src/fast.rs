// SPDX-License-Identifier: Apache-2.0
//! A key prepared for the vector instructions.

use std::path::Path;
use std::time::Instant;

use ark_bn254::{G1Projective, G2Projective};
use ark_ff::Zero;
use rayon::prelude::*;
use snarkrs_lib::formats::Coefficients;
use snarkrs_lib::groth16::MsmOutputs;
use snarkrs_lib::ProvingKey;
use zeroize::Zeroize;

use crate::digits::{Windows, Words};
use crate::machine::lanes::Ifma;
use crate::multiply::{multiply, Bases, Digits, Scratch};
use crate::points::{Curve, G1, G2};
use crate::quotient::Quotient;
use crate::tablefile::{Shape, Tables, A, B1, B2, C, H};
use crate::tables;
use crate::timings::{milliseconds_since, Timings};
use crate::transform::SMALLEST_DOMAIN;

/// Bucket sets in lean mode: the tables shrink by this factor.
const LEAN_SETS: u32 = 4;

/// Bases of a query: its places in the table, doubled, must fit 32 bits.
const LARGEST_QUERY: usize = 1 << 26;

/// Where tables are kept, and what they belong to.
pub struct TableFile<'a> {
    pub path: &'a Path,
    /// SHA-256 of the key file.
    pub key_sha256: [u8; 32],
}

/// Tables, matrices and scratch memory of one key.
pub struct FastKey {
    quotient: Quotient,
    shape: Shape,
    tables: Tables,
    /// By query: which bases are at infinity.
    skipped: [Vec<bool>; 5],
    n_public: usize,
    /// One sum after the other, so that only one has buckets and lists of digits at a time.
    lean: bool,
    g1_scratch: Scratch<G1>,
    g2_scratch: Scratch<G2>,
}

impl FastKey {
    /// Takes the queries and the matrices out of `key`. `None`, with `key` as it was, for a domain that is too small or too large.
    pub fn new(ifma: Ifma, key: &mut ProvingKey, lean: bool, file: Option<TableFile<'_>>) -> Option<Self> {
        if key.domain_size < SMALLEST_DOMAIN || key.domain_size.max(key.n_vars) > LARGEST_QUERY {
            return None;
        }
        let no_coefficients =
            Coefficients { row_ptr: Default::default(), signal: Default::default(), value: Default::default() };
        let coefficients = std::mem::replace(&mut key.coeffs, no_coefficients);
        let n_wide = key.n_vars - count_bits(&coefficients, key.n_vars);
        let quotient = Quotient::new(ifma, coefficients, key.domain_size)?;
        let sets = if lean { LEAN_SETS } else { 1 };
        let g1 = [&mut key.a_query, &mut key.b_g1_query, &mut key.l_query, &mut key.h_query].map(std::mem::take);
        let g2 = std::mem::take(&mut key.b_g2_query);
        let shape = Shape {
            key_sha256: file.as_ref().map_or([0; 32], |file| file.key_sha256),
            // Even, so that they can be halved for a witness with few large values.
            witness: choose_windows(n_wide, sets, 2),
            quotient: choose_windows(key.domain_size, sets, 1),
            n_bases: [g1[A].len(), g1[B1].len(), g1[C].len(), g1[H].len(), g2.len()],
        };
        let infinities = |points: &[ark_bn254::G1Affine]| points.iter().map(|point| point.infinity).collect();
        let [a, b1, c, h] = &g1;
        let skipped = [
            infinities(a),
            infinities(b1),
            infinities(c),
            infinities(h),
            g2.iter().map(|point| point.infinity).collect(),
        ];
        let build = || Tables::Owned {
            g1: [A, B1, C, H].map(|query| build::<G1>(ifma, shape.windows(query), &g1[query])),
            g2: build::<G2>(ifma, shape.windows(B2), &g2),
        };
        let tables = match &file {
            None => build(),
            Some(file) => Tables::open(file.path, shape).unwrap_or_else(|| {
                let tables = build();
                match tables.save(file.path, &shape) {
                    Ok(()) => Tables::open(file.path, shape).unwrap_or(tables),
                    // A read-only or full disk: the tables serve from memory.
                    Err(_) => tables,
                }
            }),
        };
        let g1_scratch = Scratch::new(ifma);
        let g2_scratch = g1_scratch.for_curve();
        Some(Self { quotient, shape, tables, skipped, n_public: key.n_public, lean, g1_scratch, g2_scratch })
    }

    /// Whether the tables are what was written to their file.
    pub fn intact(&self) -> bool {
        self.tables.intact()
    }

    /// The five multi-exponentiations for the canonical values `words` of all wires.
    ///
    /// Those with the witness run beside the way to the quotient, so that the threads of one fill the gaps of the other.
    pub fn multiply(&self, words: &[Words], timings: &mut Timings) -> MsmOutputs {
        let (h_g1, ((a_g1, b_g1, l_g1, b_g2), witness_ms)) = self.both(
            || {
                let mut scalars = self.quotient.scalars(words, timings);
                let started = Instant::now();
                let h_g1 = self.g1(H, &scalars);
                scalars.as_flattened_mut().zeroize();
                timings.quotient_ms = milliseconds_since(started);
                h_g1
            },
            || {
                let started = Instant::now();
                (self.witness_sums(words), milliseconds_since(started))
            },
        );
        timings.witness_ms = witness_ms;
        MsmOutputs { a_g1, b_g2, b_g1, l_g1, h_g1 }
    }

    /// The sums of the queries A, B in G1, C, and B in G2.
    fn witness_sums(&self, words: &[Words]) -> (G1Projective, G1Projective, G1Projective, G2Projective) {
        let ((b_g2, b_g1), (a_g1, l_g1)) = self.both(
            || self.b_sums(words),
            || self.both(|| self.g1(A, words), || self.g1(C, &words[self.n_public + 1..])),
        );
        (a_g1, b_g1, l_g1, b_g2)
    }

    /// The sums of the query B in both groups. A base that is infinite in one is so in the other, unless the key is
    /// malformed; then the digits differ.
    fn b_sums(&self, words: &[Words]) -> (G2Projective, G1Projective) {
        let (b2, b1) = (self.g2_bases(), self.g1_bases(B1));
        if b2.skipped != b1.skipped {
            return self.both(|| multiply(b2, words, &self.g2_scratch), || self.g1(B1, words));
        }
        let digits = Digits::of(b1, words, &self.g1_scratch);
        let sums = self.both(
            || digits.multiply(b2.table, &self.g2_scratch),
            || digits.multiply(b1.table, &self.g1_scratch),
        );
        digits.put_back(&self.g1_scratch);
        sums
    }

    /// The results of both, which run side by side but in lean mode.
    fn both<S: Send, T: Send>(&self, first: impl FnOnce() -> S + Send, second: impl FnOnce() -> T + Send) -> (S, T) {
        if self.lean {
            (first(), second())
        } else {
            rayon::join(first, second)
        }
    }

    fn g2_bases(&self) -> Bases<'_, G2> {
        Bases { windows: self.shape.windows(B2), table: self.tables.g2(), skipped: &self.skipped[B2] }
    }

    fn g1_bases(&self, query: usize) -> Bases<'_, G1> {
        Bases {
            windows: self.shape.windows(query),
            table: self.tables.g1(query),
            skipped: &self.skipped[query],
        }
    }

    fn g1(&self, query: usize, scalars: &[Words]) -> G1Projective {
        multiply(self.g1_bases(query), scalars, &self.g1_scratch)
    }
}

fn build<C: Curve>(ifma: Ifma, windows: Windows, points: &[C::Affine]) -> Vec<C::Packed> {
    let packed: Vec<C::Packed> = points.par_iter().map(C::pack).collect();
    tables::build::<C>(ifma, windows, &packed)
}

/// The width, a multiple of `step`, that needs the fewest additions for n full-size scalars: one per digit, and one more
/// per bucket in use, two for the reduction less the one of its first point.
fn choose_windows(n: usize, sets: u32, step: usize) -> Windows {
    let cost = |bits: &u32| {
        let windows = Windows { bits: *bits, sets };
        let n_digits = n * windows.count() as usize;
        n_digits + n_digits.min(windows.buckets() * sets as usize)
    };
    let bits = (6..=18).step_by(step).min_by_key(cost).unwrap_or(16);
    Windows { bits, sets }
}

/// Wires that the circuit keeps zero or one by a constraint w (w - 1) = 0: a row of one matrix with w alone beside a row of
/// the other with w and the constant, their factors opposite. The matrix C is not looked at: w (w - 1) may also be the
/// product that another wire takes, and the count is an estimate.
fn count_bits(coefficients: &Coefficients, n_wires: usize) -> usize {
    let mut is_bit = vec![false; n_wires];
    let row = |matrix: usize, index: usize| {
        let bounds = &coefficients.row_ptr[matrix][index..index + 2];
        let terms = bounds[0] as usize..bounds[1] as usize;
        (&coefficients.signal[matrix][terms.clone()], &coefficients.value[matrix][terms])
    };
    for index in 0..coefficients.row_ptr[0].len() - 1 {
        let (mut single, mut double) = (row(0, index), row(1, index));
        if double.0.len() == 1 {
            std::mem::swap(&mut single, &mut double);
        }
        if let ([wire], ([0, other] | [other, 0], [first, second])) = (single.0, double) {
            if wire == other && (*first + second).is_zero() {
                is_bit[*wire as usize] = true;
            }
        }
    }
    is_bit.into_iter().filter(|bit| *bit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;
    use ark_ff::{AdditiveGroup, One};

    #[test]
    fn bits_are_wires_beside_themselves_and_the_constant() {
        // Wire 1 in either order, 2 beside another wire, 3 alone on both sides, 4 squared, 5 times 5 plus two.
        let a: [&[u32]; 7] = [&[1], &[0, 1], &[2], &[3], &[4], &[], &[5]];
        let b: [&[u32]; 7] = [&[0, 1], &[1], &[0, 3], &[3], &[4, 4], &[0, 5], &[0, 5]];
        let rows = |rows: &[&[u32]]| {
            let ends = rows.iter().scan(0, |end, row| {
                *end += row.len() as u32;
                Some(*end)
            });
            (std::iter::once(0).chain(ends).collect::<Vec<u32>>(), rows.concat())
        };
        let ((a_bounds, a_wires), (b_bounds, b_wires)) = (rows(&a), rows(&b));
        let factor = |wire: &u32| if *wire == 0 { -Fr::one() } else { Fr::one() };
        let mut value = [&a_wires, &b_wires].map(|wires| wires.iter().map(factor).collect::<Vec<Fr>>());
        let last = b_wires.len() - 2;
        value[1][last].double_in_place();
        let coefficients = Coefficients { row_ptr: [a_bounds, b_bounds], signal: [a_wires, b_wires], value };
        assert_eq!(count_bits(&coefficients, 6), 1);
    }
}
