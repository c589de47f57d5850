// SPDX-License-Identifier: Apache-2.0
//! The Poseidon permutation over the scalar field; constants and matrix come from the caller.

mod sparse;

use ark_ff::{Field, Zero};
use num_bigint::BigUint;
use pyo3::prelude::*;
use snarkrs_lib::Fr;

use crate::elements::{from_integer, to_integer};
use crate::errors::Failure;
use sparse::{Matrix, PartialRounds};

/// Widths of the permutation that exist: 1 to 16 inputs and the capacity element.
const WIDTHS: std::ops::RangeInclusive<usize> = 2..=17;

/// One instance of the permutation: its width is the length of a row.
#[pyclass(frozen, module = "zkrisk_native")]
pub struct Poseidon {
    first: Vec<Vec<Fr>>,
    partial: PartialRounds,
    last: Vec<Vec<Fr>>,
    matrix: Matrix,
}

#[pymethods]
impl Poseidon {
    /// `constants` has one row per round, `matrix` as many rows as columns, every element in [0, r); `full_rounds` of the
    /// rounds, half at each end, have an S-box on every element. Milliseconds, for the form of the partial rounds. Raises
    /// SignalOutOfRange or SignalRejected.
    #[new]
    fn new(
        py: Python<'_>,
        constants: Vec<Vec<BigUint>>,
        matrix: Vec<Vec<BigUint>>,
        full_rounds: usize,
    ) -> PyResult<Self> {
        let width = matrix.len();
        let square = matrix.iter().chain(&constants).all(|row| row.len() == width);
        if !square || !WIDTHS.contains(&width) || full_rounds >= constants.len() {
            return Err(Failure::Signal(format!("no permutation of width {width}")).into());
        }
        let rows = |rows: &[Vec<BigUint>]| rows.iter().map(|row| scalars(row)).collect::<Result<Vec<_>, _>>();
        let (constants, matrix) = (rows(&constants)?, rows(&matrix)?);
        let half = full_rounds / 2;
        let end = constants.len() - half;
        let partial = py
            .detach(|| PartialRounds::new(&constants[half..end], &matrix))
            .ok_or_else(|| Failure::Signal("the matrix has a singular block".to_owned()))?;
        Ok(Self { first: constants[..half].to_vec(), partial, last: constants[end..].to_vec(), matrix })
    }

    /// The first element of the permutation of (0, inputs): one input less than the width, each in [0, r).
    /// Raises SignalOutOfRange or SignalRejected.
    fn digest(&self, py: Python<'_>, inputs: Vec<BigUint>) -> PyResult<BigUint> {
        if inputs.len() + 1 != self.matrix.len() {
            let rule = format!("{} inputs for a permutation of width {}", inputs.len(), self.matrix.len());
            return Err(Failure::Signal(rule).into());
        }
        let inputs = scalars(&inputs)?;
        Ok(to_integer(py.detach(|| self.permute(&inputs))))
    }
}

impl Poseidon {
    fn permute(&self, inputs: &[Fr]) -> Fr {
        match self.matrix.len() {
            2 => self.rounds::<2>(inputs),
            3 => self.rounds::<3>(inputs),
            4 => self.rounds::<4>(inputs),
            5 => self.rounds::<5>(inputs),
            6 => self.rounds::<6>(inputs),
            7 => self.rounds::<7>(inputs),
            8 => self.rounds::<8>(inputs),
            9 => self.rounds::<9>(inputs),
            10 => self.rounds::<10>(inputs),
            11 => self.rounds::<11>(inputs),
            12 => self.rounds::<12>(inputs),
            13 => self.rounds::<13>(inputs),
            14 => self.rounds::<14>(inputs),
            15 => self.rounds::<15>(inputs),
            16 => self.rounds::<16>(inputs),
            _ => self.rounds::<17>(inputs),
        }
    }

    fn rounds<const W: usize>(&self, inputs: &[Fr]) -> Fr {
        let mut state = [Fr::zero(); W];
        state[1..].copy_from_slice(inputs);
        self.first.iter().for_each(|constants| full_round(&mut state, constants, &self.matrix));
        partial_rounds(&mut state, &self.partial);
        self.last.iter().for_each(|constants| full_round(&mut state, constants, &self.matrix));
        state[0]
    }
}

fn full_round<const W: usize>(state: &mut [Fr; W], constants: &[Fr], matrix: &Matrix) {
    for (element, constant) in state.iter_mut().zip(constants) {
        *element = fifth_power(*element + constant);
    }
    let previous = *state;
    for (element, row) in state.iter_mut().zip(matrix) {
        *element = dot(row, &previous);
    }
}

fn partial_rounds<const W: usize>(state: &mut [Fr; W], partial: &PartialRounds) {
    for (element, constant) in state.iter_mut().zip(&partial.constants) {
        *element += constant;
    }
    let previous = *state;
    for (element, row) in state[1..].iter_mut().zip(&partial.block) {
        *element = dot(row, &previous[1..]);
    }
    for round in &partial.rounds {
        let boxed = fifth_power(state[0]) + round.constant;
        state[0] = round.corner * boxed + dot(&round.row, &state[1..]);
        for (element, factor) in state[1..].iter_mut().zip(&round.column) {
            *element += *factor * boxed;
        }
    }
}

fn fifth_power(x: Fr) -> Fr {
    x * x.square().square()
}

fn dot(left: &[Fr], right: &[Fr]) -> Fr {
    left.iter().zip(right).map(|(a, b)| *a * b).sum()
}

fn scalars(values: &[BigUint]) -> Result<Vec<Fr>, Failure> {
    values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            from_integer::<Fr>(value)
                .ok_or_else(|| Failure::SignalRange(format!("element {index} = {value} is not below r")))
        })
        .collect()
}
