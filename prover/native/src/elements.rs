// SPDX-License-Identifier: Apache-2.0
//! Field elements as Python integers and as 32-byte little-endian canonical words.

use ark_ff::{BigInt, BigInteger, PrimeField};
use num_bigint::BigUint;
use snarkrs_lib::Fr;

/// Bytes of one field element.
pub const WORD: usize = 32;

/// The integer in [0, modulus) that `element` stands for.
pub fn to_integer<F: PrimeField>(element: F) -> BigUint {
    element.into_bigint().into()
}

/// The element that `value` stands for, `None` when `value` is not below the modulus.
pub fn from_integer<F: PrimeField>(value: &BigUint) -> Option<F> {
    let integer = F::BigInt::try_from(value.clone()).ok()?;
    F::from_bigint(integer)
}

/// The scalar stored in a 32-byte little-endian `word`, `None` when it is not below r. `word` has 32 bytes.
pub fn scalar_from_word(word: &[u8]) -> Option<Fr> {
    let mut limbs = [0u64; 4];
    for (limb, bytes) in limbs.iter_mut().zip(word.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().ok()?);
    }
    Fr::from_bigint(BigInt(limbs))
}

/// Appends the canonical 32-byte little-endian word of `scalar`.
pub fn push_scalar_word(out: &mut Vec<u8>, scalar: Fr) {
    out.extend_from_slice(&scalar.into_bigint().to_bytes_le());
}
