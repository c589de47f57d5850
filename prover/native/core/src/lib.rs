// SPDX-License-Identifier: Apache-2.0
//! Groth16 over BN254 with resident keys, for circom's circuits and the keys of snarkjs.
//!
//! `Prover` reads a key once and proves many times. On processors with AVX-512 IFMA the arithmetic runs in eight lanes
//! and every base has a table of multiples; elsewhere the `snarkrs` crates do the work. Both give the same proof for
//! the same blinding factors, and no proof is returned before it is verified.
//!
//! What proving takes, in time and memory, depends on the witness: keep the prover off machines whose users must not
//! learn anything about it.

macro_rules! vector_modules {
    ($($name:ident),*) => { $(#[cfg(target_arch = "x86_64")] mod $name;)* };
}

vector_modules!(
    batch,
    coordinates,
    digits,
    fast,
    field,
    generator,
    inverse,
    machine,
    matrix,
    multiply,
    points,
    quotient,
    reduce,
    sums,
    tablefile,
    tables,
    transform,
    wide
);
mod assemble;
mod check;
mod prover;
#[cfg(all(test, target_arch = "x86_64"))]
mod tests;
mod timings;

/// What other processors have of the vector engine.
#[cfg(not(target_arch = "x86_64"))]
mod no_vectors {
    use ark_bn254::{Fr, G1Affine, G2Affine};

    pub fn multiples_g1(_scalars: &[Fr]) -> Option<Vec<G1Affine>> {
        None
    }

    pub fn multiples_g2(_scalars: &[Fr]) -> Option<Vec<G2Affine>> {
        None
    }
}

#[cfg(target_arch = "x86_64")]
pub use generator::{multiples_g1, multiples_g2};
#[cfg(not(target_arch = "x86_64"))]
pub use no_vectors::{multiples_g1, multiples_g2};
pub use prover::{Choice, KeyError, Options, Prover, Refusal, Words};
pub use timings::Timings;
