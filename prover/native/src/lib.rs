// SPDX-License-Identifier: Apache-2.0
//! Python module `zkrisk_native`: Groth16 over BN254 in the formats of snarkjs.
//!
//! Every entry point releases the interpreter lock, runs in a private thread pool and turns every failure, a panic
//! included, into a Python exception. Integers that cross the border are refused, never reduced, when out of range.

mod boundary;
mod ceremony;
mod elements;
mod errors;
mod key;
mod keycheck;
mod poseidon;
mod setup;
mod verify;
mod witness;

use pyo3::prelude::*;

#[pymodule]
fn zkrisk_native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("NativeError", py.get_type::<errors::NativeError>())?;
    module.add("KeyRejected", py.get_type::<errors::KeyRejected>())?;
    module.add("SignalRejected", py.get_type::<errors::SignalRejected>())?;
    module.add("SignalOutOfRange", py.get_type::<errors::SignalOutOfRange>())?;
    module.add("ConstraintFailed", py.get_type::<errors::ConstraintFailed>())?;
    module.add("WitnessRejected", py.get_type::<errors::WitnessRejected>())?;
    module.add("ProofRejected", py.get_type::<errors::ProofRejected>())?;
    module.add_class::<key::Key>()?;
    module.add_class::<poseidon::Poseidon>()?;
    module.add_class::<witness::WitnessGenerator>()?;
    module.add_function(wrap_pyfunction!(setup::dev_setup, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::powers_new, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::powers_contribute, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::powers_beacon, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::powers_prepare, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::powers_verify, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::ceremony_new, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::ceremony_contribute, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::ceremony_beacon, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::ceremony_verify, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::export_vkey, module)?)?;
    module.add_function(wrap_pyfunction!(ceremony::key_history, module)?)?;
    module.add_function(wrap_pyfunction!(keycheck::check_subgroup, module)?)?;
    module.add_function(wrap_pyfunction!(verify::verify, module)?)?;
    module.add_function(wrap_pyfunction!(verify::verify_batch, module)?)?;
    Ok(())
}
