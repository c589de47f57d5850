// SPDX-License-Identifier: Apache-2.0
//! The snarkrs crates with a resident key: `zkrisk-bench-snarkrs KEY WITNESS PROOF PUBLIC` proves once for every line
//! that it reads and answers with the milliseconds; at the end it writes its last proof in the format of snarkjs.

use std::error::Error;
use std::io::{stdin, BufRead};
use std::path::PathBuf;
use std::time::Instant;

use snarkrs_lib::rand::rngs::OsRng;
use snarkrs_lib::{prove, write_proof, write_public, Backend, CpuBackend, ProvingKey, StageTimings, Witness};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [key, witness, proof_path, public_path] = paths.as_slice() else {
        return Err("paths of key, witness, proof and public signals are needed".into());
    };
    let circuit = CpuBackend::new().prepare(ProvingKey::load(key)?)?;
    let witness = Witness::load(witness)?.0;
    println!("ready");
    let mut last = None;
    for line in stdin().lock().lines() {
        line?;
        let started = Instant::now();
        last = Some(prove(circuit.as_ref(), &witness, &mut OsRng, &mut StageTimings::default())?);
        println!("{}", started.elapsed().as_secs_f64() * 1e3);
    }
    if let Some(proof) = last {
        write_proof(proof_path, &proof)?;
        write_public(public_path, &witness[1..=circuit.key().n_public])?;
    }
    Ok(())
}
