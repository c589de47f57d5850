// SPDX-License-Identifier: Apache-2.0
//! The subgroup of a proving key's G2 bases, which reading the key leaves open: it only checks that they are on the curve.
//!
//! G2 of BN254 is a subgroup of the twist, whose order is r times a cofactor with smallest prime factor 10069. A sum of the
//! bases with random coefficients in [0, 2^13) lies in G2 though one of them does not with a probability of at most 2^-13,
//! because at most one value of that base's coefficient brings the sum into G2 once the others are drawn. Three sums:
//! 2^-39. A sum costs one addition a base and one a bucket.

use std::path::PathBuf;

use ark_bn254::{G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::Zero;
use pyo3::prelude::*;
use rayon::prelude::*;
use snarkrs_lib::ceremony::setup::{ZKEY_MAGIC, ZKEY_MAX_VERSION};
use snarkrs_lib::formats::binfile::{g2, BinFile, G2_BYTES};
use snarkrs_lib::rand::rngs::OsRng;
use snarkrs_lib::rand::RngCore;

use crate::boundary;
use crate::errors::Failure;

const G2_SECTION: u32 = 7;
const BUCKETS: usize = 1 << 13;
const SUMS: usize = 3;

/// Raises KeyRejected unless every G2 base of the `.zkey` is on the curve and, but for a chance of 2^-39, in the subgroup of
/// order r; OSError for a file that cannot be read.
#[pyfunction]
pub fn check_subgroup(py: Python<'_>, zkey_path: PathBuf) -> PyResult<()> {
    boundary::run(py, || {
        let file = BinFile::open(&zkey_path, ZKEY_MAGIC, ZKEY_MAX_VERSION)?;
        let section = file.unique_section(G2_SECTION)?;
        if section.len() % G2_BYTES != 0 {
            return Err(Failure::Key("section 7 is not a sequence of G2 points".into()));
        }
        let bases = section.par_chunks_exact(G2_BYTES).map(g2).collect::<Result<Vec<G2Affine>, _>>()?;
        let sums: Vec<G2Projective> = (0..SUMS).into_par_iter().map(|_| random_sum(&bases)).collect();
        let inside = |sum: &G2Projective| sum.into_affine().is_in_correct_subgroup_assuming_on_curve();
        if !sums.iter().all(inside) {
            return Err(Failure::Key("a G2 base is not in the subgroup of order r".into()));
        }
        Ok(())
    })
}

/// The sum of the bases, each with a coefficient of its own in [0, BUCKETS).
fn random_sum(bases: &[G2Affine]) -> G2Projective {
    let mut buckets = vec![G2Projective::zero(); BUCKETS];
    let mut draws = vec![0u8; 2 * bases.len()];
    OsRng.fill_bytes(&mut draws);
    for (base, draw) in bases.iter().zip(draws.chunks_exact(2)) {
        let coefficient = usize::from(u16::from_le_bytes([draw[0], draw[1]])) % BUCKETS;
        if !base.is_zero() {
            buckets[coefficient] += base;
        }
    }
    let (mut running, mut total) = (G2Projective::zero(), G2Projective::zero());
    for bucket in buckets.iter().skip(1).rev() {
        running += bucket;
        total += running;
    }
    total
}
