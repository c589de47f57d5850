// SPDX-License-Identifier: Apache-2.0
//! Where the time of a proof goes.

use std::time::Instant;

/// Wall-clock milliseconds by stage. The vector engine computes the sums with the witness beside those stages that lead to
/// the quotient's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    /// Reading and checking the witness.
    pub decode_ms: f64,
    /// Products of the constraint matrices with the witness.
    pub gather_ms: f64,
    /// Number-theoretic transforms.
    pub transform_ms: f64,
    /// The multi-exponentiation with the quotient's scalars.
    pub quotient_ms: f64,
    /// The four multi-exponentiations with the witness.
    pub witness_ms: f64,
    /// Blinding and assembly.
    pub assemble_ms: f64,
    /// The check of the proof.
    pub verify_ms: f64,
}

pub fn milliseconds_since(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}
