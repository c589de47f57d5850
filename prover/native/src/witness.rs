// SPDX-License-Identifier: Apache-2.0
//! Witness generation: the WebAssembly that circom emits, compiled once, run in a sandbox per call.

use std::path::PathBuf;
use std::sync::Arc;

use num_bigint::BigUint;
use pyo3::prelude::*;
use serde_json::{Map, Value};
use snarkrs_lib::Fr;
use snarkrs_witness::{scrub, Console, Input, WitnessCalculator};

use crate::boundary;
use crate::elements::{from_integer, push_scalar_word, WORD};
use crate::errors::Failure;

/// Drops what a circuit logs; the text of a failed assertion travels in the error.
struct Silent;

impl Console for Silent {
    fn log(&self, _line: &str) {}
    fn error(&self, _line: &str) {}
}

/// Witness generator of one circuit. Safe to use from several threads: every call has its own instance.
#[pyclass(frozen, module = "zkrisk_native")]
pub struct WitnessGenerator {
    calculator: WitnessCalculator,
}

#[pymethods]
impl WitnessGenerator {
    /// Compiles the WebAssembly of a circuit. Raises OSError or KeyRejected.
    #[staticmethod]
    fn load(py: Python<'_>, wasm_path: PathBuf) -> PyResult<Self> {
        boundary::run(py, || {
            let wasm = std::fs::read(&wasm_path)?;
            let calculator = WitnessCalculator::new(&wasm)?.with_console(Arc::new(Silent));
            Ok(Self { calculator })
        })
    }

    /// The witness for `inputs`, pairs of a signal name and its elements in row-major order, each in [0, r): one
    /// 32-byte little-endian word per wire.
    ///
    /// Raises SignalOutOfRange, SignalRejected (missing, unknown, wrong number of elements) or ConstraintFailed, whose
    /// text names the template and the line.
    fn calculate<'py>(
        &self,
        py: Python<'py>,
        inputs: Vec<(String, Vec<BigUint>)>,
    ) -> PyResult<Bound<'py, pyo3::types::PyBytes>> {
        let bytes = boundary::run(py, || {
            let input = Input::from_value(&to_json(inputs)?)?;
            let mut wires = self.calculator.calculate(&input)?;
            let mut bytes = Vec::with_capacity(wires.len() * WORD);
            for wire in &wires {
                push_scalar_word(&mut bytes, *wire);
            }
            scrub(&mut wires);
            Ok(bytes)
        })?;
        Ok(pyo3::types::PyBytes::new(py, &bytes))
    }
}

fn to_json(inputs: Vec<(String, Vec<BigUint>)>) -> Result<Value, Failure> {
    let mut signals = Map::with_capacity(inputs.len());
    for (name, elements) in inputs {
        let mut decimals = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            if from_integer::<Fr>(element).is_none() {
                return Err(Failure::SignalRange(format!("{name}[{index}] = {element} is not below r")));
            }
            decimals.push(Value::String(element.to_string()));
        }
        if signals.insert(name.clone(), Value::Array(decimals)).is_some() {
            return Err(Failure::Signal(format!("signal {name} is given twice")));
        }
    }
    Ok(Value::Object(signals))
}
