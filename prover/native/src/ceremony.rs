// SPDX-License-Identifier: Apache-2.0
//! Ceremonies in the formats of snarkjs: powers of tau (phase 1) and circuit keys (phase 2).
//!
//! The secrets of a contribution mix the caller's entropy with 64 bytes of the operating system and are overwritten after
//! use. Files are written beside their place and put there when complete.

use std::path::PathBuf;

use pyo3::prelude::*;
use snarkrs_lib::ceremony::contribute::{self as phase2, contribution_hash, MpcParams};
use snarkrs_lib::ceremony::setup::{ZKEY_MAGIC, ZKEY_MAX_VERSION};
use snarkrs_lib::ceremony::{phase1, prepare, setup, vkey, CeremonyError, ContributionKind};
use snarkrs_lib::ceremony::{CpuGroupFft, CpuKeyScale};
use snarkrs_lib::formats::binfile::BinFile;
use snarkrs_lib::msm::CpuMsm;

use crate::boundary;
use crate::errors::Failure;

const CONTRIBUTION_SECTION: u32 = 10;

type Contribution = (Option<String>, &'static str, String, Option<String>, Option<u8>);

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::Io(io) => Failure::Io(io.to_string()),
            other => Failure::Key(other.to_string()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes powers of tau for circuits of up to 2^`power` constraints, without a contribution yet.
#[pyfunction]
pub fn powers_new(py: Python<'_>, power: u32, out: PathBuf) -> PyResult<()> {
    boundary::run(py, || Ok(phase1::ptau_new(power, &out).map(|_| ())?))
}

/// Adds a party's contribution to powers of tau; returns the BLAKE2b-512 response hash that the party publishes.
#[pyfunction]
pub fn powers_contribute(py: Python<'_>, source: PathBuf, out: PathBuf, name: &str, entropy: &str) -> PyResult<String> {
    boundary::run(py, || {
        let report = phase1::contribute(&source, &out, Some(name), entropy, &CpuKeyScale)?;
        Ok(hex(&report.response_hash))
    })
}

/// Adds the contribution that follows from a public beacon, hashed 2^`iterations_log2` times.
#[pyfunction]
pub fn powers_beacon(
    py: Python<'_>,
    source: PathBuf,
    out: PathBuf,
    name: &str,
    beacon: &[u8],
    iterations_log2: u8,
) -> PyResult<String> {
    boundary::run(py, || {
        let report = phase1::beacon(&source, &out, Some(name), beacon, iterations_log2, &CpuKeyScale)?;
        Ok(hex(&report.response_hash))
    })
}

/// Adds the Lagrange form that phase 2 needs.
#[pyfunction]
pub fn powers_prepare(py: Python<'_>, source: PathBuf, out: PathBuf) -> PyResult<()> {
    boundary::run(py, || Ok(prepare::prepare_phase2(&source, &out, &CpuGroupFft)?))
}

/// (power, whether prepared, response hashes oldest first) of powers of tau whose every contribution holds.
/// Raises KeyRejected where one does not.
#[pyfunction]
pub fn powers_verify(py: Python<'_>, path: PathBuf) -> PyResult<(u32, bool, Vec<String>)> {
    boundary::run(py, || {
        let report = phase1::verify(&path)?;
        let hashes = report.contribution_hashes.iter().map(|hash| hex(hash)).collect();
        Ok((report.power, report.prepared, hashes))
    })
}

/// Writes the key of a circuit from prepared powers of tau, without a contribution yet; returns the circuit's hash.
#[pyfunction]
pub fn ceremony_new(py: Python<'_>, r1cs: PathBuf, powers: PathBuf, out: PathBuf) -> PyResult<String> {
    boundary::run(py, || Ok(hex(&setup::setup(&r1cs, &powers, &out, &CpuMsm::new())?.cs_hash)))
}

/// Adds a party's contribution to a circuit's key; returns the BLAKE2b-512 hash that the party publishes.
#[pyfunction]
pub fn ceremony_contribute(
    py: Python<'_>,
    source: PathBuf,
    out: PathBuf,
    name: &str,
    entropy: &str,
) -> PyResult<String> {
    boundary::run(py, || Ok(hex(&phase2::contribute(&source, &out, Some(name), entropy, &CpuKeyScale)?.hash)))
}

/// Adds the contribution that follows from a public beacon, hashed 2^`iterations_log2` times.
#[pyfunction]
pub fn ceremony_beacon(
    py: Python<'_>,
    source: PathBuf,
    out: PathBuf,
    name: &str,
    beacon: &[u8],
    iterations_log2: u8,
) -> PyResult<String> {
    boundary::run(py, || {
        Ok(hex(&phase2::beacon(&source, &out, Some(name), beacon, iterations_log2, &CpuKeyScale)?.hash))
    })
}

/// Hashes, oldest first, of the contributions to a key that follows from the constraint system and the powers of tau.
/// Raises KeyRejected where it does not, or where a contribution does not hold.
#[pyfunction]
pub fn ceremony_verify(py: Python<'_>, r1cs: PathBuf, powers: PathBuf, zkey: PathBuf) -> PyResult<Vec<String>> {
    boundary::run(py, || {
        let report = phase2::verify_from_r1cs(&r1cs, &powers, &zkey, &CpuMsm::new())?;
        Ok(report.contribution_hashes.iter().map(|hash| hex(hash)).collect())
    })
}

/// The verification key of a proving key, in the JSON of snarkjs.
#[pyfunction]
pub fn export_vkey(py: Python<'_>, zkey: PathBuf, out: PathBuf) -> PyResult<()> {
    boundary::run(py, || Ok(vkey::export_verification_key(&zkey, &out)?))
}

/// What a proving key says of its making: the circuit's hash, all zeros in a development key, and the contributions as
/// (name, "contribution" or "beacon", hash, beacon in hex, log2 of the beacon's iterations), oldest first.
#[pyfunction]
pub fn key_history(py: Python<'_>, zkey: PathBuf) -> PyResult<(String, Vec<Contribution>)> {
    boundary::run(py, || {
        let file = BinFile::open(&zkey, ZKEY_MAGIC, ZKEY_MAX_VERSION)?;
        let history = MpcParams::read(file.unique_section(CONTRIBUTION_SECTION)?)?;
        let contributions = history
            .contributions
            .iter()
            .map(|made| {
                let kind = match made.kind {
                    ContributionKind::Contribute => "contribution",
                    ContributionKind::Beacon => "beacon",
                };
                let beacon = made.params.beacon_hash.as_deref().map(hex);
                let name = made.params.name.clone();
                (name, kind, hex(&contribution_hash(made)), beacon, made.params.num_iterations_exp)
            })
            .collect();
        Ok((hex(&history.cs_hash), contributions))
    })
}
