// SPDX-License-Identifier: Apache-2.0
//! Writer of snarkjs' Groth16 `.zkey` files (container version 1).
//!
//! Points are Montgomery limbs x || y, little endian, zeros at infinity. A coefficient v is stored as v * R^2 mod r with
//! R = 2^256, that is as the Montgomery limbs of v * R.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, One, PrimeField};

use super::r1cs::{ConstraintSystem, LinearCombination};
use super::Points;
use crate::elements::WORD;
use crate::errors::Failure;

const PROTOCOL_GROTH16: u32 = 1;
const N_SECTIONS: u32 = 10;
const CIRCUIT_HASH_BYTES: usize = 64;
const MATRIX_A: u32 = 0;
const MATRIX_B: u32 = 1;

pub fn write(path: &Path, system: &ConstraintSystem, domain_size: usize, points: &Points) -> Result<(), Failure> {
    let (ic, c) = points.k.split_at(system.n_public + 1);
    let contributions = [0u8; CIRCUIT_HASH_BYTES + 4];
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"zkey")?;
    file.write_all(&1u32.to_le_bytes())?;
    file.write_all(&N_SECTIONS.to_le_bytes())?;
    section(&mut file, 1, &PROTOCOL_GROTH16.to_le_bytes())?;
    section(&mut file, 2, &header(system, domain_size, points)?)?;
    section(&mut file, 3, &g1_bytes(ic))?;
    section(&mut file, 4, &coefficients(system)?)?;
    section(&mut file, 5, &g1_bytes(&points.a))?;
    section(&mut file, 6, &g1_bytes(&points.b_g1))?;
    section(&mut file, 7, &g2_bytes(&points.b_g2))?;
    section(&mut file, 8, &g1_bytes(c))?;
    section(&mut file, 9, &g1_bytes(&points.h))?;
    section(&mut file, 10, &contributions)?;
    file.flush()?;
    Ok(())
}

fn section(file: &mut impl Write, kind: u32, content: &[u8]) -> Result<(), Failure> {
    file.write_all(&kind.to_le_bytes())?;
    file.write_all(&(content.len() as u64).to_le_bytes())?;
    file.write_all(content)?;
    Ok(())
}

fn header(system: &ConstraintSystem, domain_size: usize, points: &Points) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    for modulus in [Fq::MODULUS, Fr::MODULUS] {
        out.extend_from_slice(&(WORD as u32).to_le_bytes());
        out.extend_from_slice(&modulus.to_bytes_le());
    }
    for count in [system.n_wires, system.n_public, domain_size] {
        out.extend_from_slice(&to_u32(count)?.to_le_bytes());
    }
    out.extend(g1_bytes(&[points.alpha_g1, points.beta_g1]));
    out.extend(g2_bytes(&[points.beta_g2, points.gamma_g2]));
    out.extend(g1_bytes(&[points.delta_g1]));
    out.extend(g2_bytes(&[points.delta_g2]));
    Ok(out)
}

/// Non-zero entries of the matrices A and B, the rows that bind the public wires last.
fn coefficients(system: &ConstraintSystem) -> Result<Vec<u8>, Failure> {
    let montgomery = Fr::from(2u64).pow([8 * WORD as u64]);
    let mut out = vec![0; 4];
    let mut n_entries = 0usize;
    let mut push = |matrix: u32, row: usize, terms: &LinearCombination| -> Result<(), Failure> {
        for (wire, coefficient) in terms {
            out.extend_from_slice(&matrix.to_le_bytes());
            out.extend_from_slice(&to_u32(row)?.to_le_bytes());
            out.extend_from_slice(&wire.to_le_bytes());
            push_limbs(&mut out, &(*coefficient * montgomery).0 .0);
        }
        n_entries += terms.len();
        Ok(())
    };
    for (row, [left, right, _output]) in system.constraints.iter().enumerate() {
        push(MATRIX_A, row, left)?;
        push(MATRIX_B, row, right)?;
    }
    for wire in 0..=system.n_public {
        push(MATRIX_A, system.constraints.len() + wire, &vec![(to_u32(wire)?, Fr::one())])?;
    }
    out[..4].copy_from_slice(&to_u32(n_entries)?.to_le_bytes());
    Ok(out)
}

fn to_u32(count: usize) -> Result<u32, Failure> {
    u32::try_from(count).map_err(|_| Failure::Key(format!("{count} does not fit the 32-bit fields of a zkey")))
}

fn push_limbs(out: &mut Vec<u8>, limbs: &[u64; 4]) {
    limbs.iter().for_each(|limb| out.extend_from_slice(&limb.to_le_bytes()));
}

fn push_fq2(out: &mut Vec<u8>, element: &Fq2) {
    push_limbs(out, &element.c0.0 .0);
    push_limbs(out, &element.c1.0 .0);
}

fn g1_bytes(points: &[G1Affine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 2 * WORD);
    for point in points {
        match point.xy() {
            None => out.extend_from_slice(&[0; 2 * WORD]),
            Some((x, y)) => {
                push_limbs(&mut out, &x.0 .0);
                push_limbs(&mut out, &y.0 .0);
            }
        }
    }
    out
}

fn g2_bytes(points: &[G2Affine]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 4 * WORD);
    for point in points {
        match point.xy() {
            None => out.extend_from_slice(&[0; 4 * WORD]),
            Some((x, y)) => {
                push_fq2(&mut out, &x);
                push_fq2(&mut out, &y);
            }
        }
    }
    out
}
