// SPDX-License-Identifier: Apache-2.0
//! The Poseidon permutation over the scalar field; constants and matrix come from the caller.

use ark_ff::{Field, Zero};
use num_bigint::BigUint;
use pyo3::prelude::*;
use snarkrs_lib::Fr;

use crate::elements::{from_integer, to_integer};
use crate::errors::Failure;

/// Widths of the permutation that exist: 1 to 16 inputs and the capacity element.
const WIDTHS: std::ops::RangeInclusive<usize> = 2..=17;

/// One instance of the permutation: its width is the length of a row.
#[pyclass(frozen, module = "zkrisk_native")]
pub struct Poseidon {
    constants: Vec<Vec<Fr>>,
    matrix: Vec<Vec<Fr>>,
    full_rounds: usize,
}

#[pymethods]
impl Poseidon {
    /// `constants` has one row per round, `matrix` as many rows as columns, every element in [0, r); `full_rounds` of the
    /// rounds, half at each end, have an S-box on every element. Raises SignalOutOfRange or SignalRejected.
    #[new]
    fn new(constants: Vec<Vec<BigUint>>, matrix: Vec<Vec<BigUint>>, full_rounds: usize) -> PyResult<Self> {
        let width = matrix.len();
        let square = matrix.iter().chain(&constants).all(|row| row.len() == width);
        if !square || !WIDTHS.contains(&width) || full_rounds > constants.len() {
            return Err(Failure::Signal(format!("no permutation of width {width}")).into());
        }
        let rows = |rows: &[Vec<BigUint>]| rows.iter().map(|row| scalars(row)).collect::<Result<Vec<_>, _>>();
        Ok(Self { constants: rows(&constants)?, matrix: rows(&matrix)?, full_rounds })
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

    /// A sum of W products is reduced once, hence the fixed width.
    fn rounds<const W: usize>(&self, inputs: &[Fr]) -> Fr {
        let mut state = [Fr::zero(); W];
        state[1..].copy_from_slice(inputs);
        let mut matrix = [[Fr::zero(); W]; W];
        for (row, source) in matrix.iter_mut().zip(&self.matrix) {
            row.copy_from_slice(source);
        }
        let half = self.full_rounds / 2;
        let partial = half..self.constants.len() - half;
        for (round, constants) in self.constants.iter().enumerate() {
            for (element, constant) in state.iter_mut().zip(constants) {
                *element += constant;
            }
            let boxed = if partial.contains(&round) { 1 } else { W };
            for element in &mut state[..boxed] {
                *element *= element.square().square();
            }
            let previous = state;
            for (element, row) in state.iter_mut().zip(&matrix) {
                *element = Fr::sum_of_products(row, &previous);
            }
        }
        state[0]
    }
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
