// SPDX-License-Identifier: Apache-2.0
//! The partial rounds of a permutation in an equivalent form of 2 t - 1 products a round instead of t^2.
//!
//! Source: Grassi et al., "Poseidon" (USENIX Security 2021), appendix B. A partial round acts as
//! s -> M S(s + c), S on element 0 alone. Constants of the other elements pass through S, so they move to the round
//! before (through the inverse of M) until only the first partial round has them. A matrix N = [[a, v], [w, B]] is
//! [[a, v B^-1], [w, 1]] diag(1, B), and diag(1, B) passes through S, so it moves into the matrix of the round before.

use ark_ff::{Field, Zero};
use snarkrs_lib::Fr;

pub type Matrix = Vec<Vec<Fr>>;

/// Partial rounds as: add `constants`, apply diag(1, `block`), then every round of `rounds`.
pub struct PartialRounds {
    pub constants: Vec<Fr>,
    pub block: Matrix,
    pub rounds: Vec<SparseRound>,
}

/// x = s0^5 + `constant`; s0 = `corner` x + `row` . rest; rest += `column` x.
pub struct SparseRound {
    pub constant: Fr,
    pub corner: Fr,
    pub row: Vec<Fr>,
    pub column: Vec<Fr>,
}

impl PartialRounds {
    /// From one row of constants per partial round, at least one; `None` where a block has no inverse.
    pub fn new(constants: &[Vec<Fr>], matrix: &Matrix) -> Option<Self> {
        let width = matrix.len();
        let mut constants = constants.to_vec();
        let unit = |place: usize| (0..width).map(|j| Fr::from(u64::from(j == place))).collect::<Vec<_>>();
        let inverse: Matrix = (0..width).map(|place| solve(matrix, &unit(place))).collect::<Option<_>>()?; // by columns
        let mut moved = vec![Fr::zero(); constants.len()];
        for round in (1..constants.len()).rev() {
            let before = product(&constants[round], &inverse);
            moved[round - 1] = before[0];
            for (target, value) in constants[round - 1][1..].iter_mut().zip(&before[1..]) {
                *target += value;
            }
        }
        let mut rounds = Vec::with_capacity(moved.len());
        let mut current = matrix.clone();
        let mut block = Matrix::new();
        for constant in moved.into_iter().rev() {
            block = current[1..].iter().map(|row| row[1..].to_vec()).collect();
            let transposed: Matrix = (0..width - 1).map(|j| block.iter().map(|row| row[j]).collect()).collect();
            rounds.push(SparseRound {
                constant,
                corner: current[0][0],
                row: solve(&transposed, &current[0][1..])?,
                column: current[1..].iter().map(|row| row[0]).collect(),
            });
            current =
                std::iter::once(matrix[0].clone()).chain(block.iter().map(|row| product(row, &matrix[1..]))).collect();
        }
        rounds.reverse();
        Some(Self { constants: constants.swap_remove(0), block, rounds })
    }
}

/// row . rows
fn product(row: &[Fr], rows: &[Vec<Fr>]) -> Vec<Fr> {
    (0..rows[0].len()).map(|j| row.iter().zip(rows).map(|(a, r)| *a * r[j]).sum()).collect()
}

/// x with `matrix` x = `right`, by elimination; `None` for a singular matrix.
fn solve(matrix: &Matrix, right: &[Fr]) -> Option<Vec<Fr>> {
    let mut rows: Matrix = matrix.iter().zip(right).map(|(row, value)| [row.as_slice(), &[*value]].concat()).collect();
    for pivot in 0..rows.len() {
        let found = (pivot..rows.len()).find(|row| !rows[*row][pivot].is_zero())?;
        rows.swap(pivot, found);
        let inverse = rows[pivot][pivot].inverse()?;
        rows[pivot].iter_mut().for_each(|value| *value *= inverse);
        let own = rows[pivot].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(index, _)| *index != pivot) {
            let factor = row[pivot];
            for (value, subtracted) in row[pivot..].iter_mut().zip(&own[pivot..]) {
                *value -= factor * subtracted;
            }
        }
    }
    rows.into_iter().map(|row| row.last().copied()).collect()
}
