// SPDX-License-Identifier: Apache-2.0
//! Verification of one proof.

use num_bigint::BigUint;
use pyo3::prelude::*;
use snarkrs_lib::field::{Fq, Fq2, G1Affine, G2Affine};
use snarkrs_lib::{verify as verify_groth16, Fr, Proof, VerifyError, VerifyingKey};

use crate::boundary;
use crate::elements::from_integer;
use crate::errors::Failure;

type G1Integers = (BigUint, BigUint);
type G2Integers = ((BigUint, BigUint), (BigUint, BigUint));

/// Whether (a, b, c) proves `publics` under the snarkjs verification key in `vkey_json`.
///
/// b is ((x.c0, x.c1), (y.c0, y.c1)). Raises KeyRejected for a malformed or unsafe key, SignalOutOfRange for a public
/// signal that is not below r, ProofRejected for a coordinate that is not below q, a point off its curve or subgroup, the
/// point at infinity, or a wrong number of public signals.
#[pyfunction]
pub fn verify(
    py: Python<'_>,
    vkey_json: &str,
    publics: Vec<BigUint>,
    a: G1Integers,
    b: G2Integers,
    c: G1Integers,
) -> PyResult<bool> {
    boundary::run(py, || {
        let scalars = publics
            .iter()
            .enumerate()
            .map(|(index, value)| {
                from_integer::<Fr>(value)
                    .ok_or_else(|| Failure::SignalRange(format!("publics[{index}] = {value} is not below r")))
            })
            .collect::<Result<Vec<Fr>, Failure>>()?;
        let proof = Proof { a: g1("a", &a)?, b: g2("b", &b)?, c: g1("c", &c)? };
        let key = VerifyingKey::from_json_str(vkey_json)?;
        match verify_groth16(&key, &scalars, &proof) {
            Ok(()) => Ok(true),
            Err(VerifyError::PairingFailed) => Ok(false),
            Err(other) => Err(other.into()),
        }
    })
}

fn coordinate(name: &str, value: &BigUint) -> Result<Fq, Failure> {
    from_integer(value).ok_or_else(|| Failure::Proof(format!("{name} = {value} is not below q")))
}

fn g1(name: &str, point: &G1Integers) -> Result<G1Affine, Failure> {
    let x = coordinate(&format!("{name}.x"), &point.0)?;
    let y = coordinate(&format!("{name}.y"), &point.1)?;
    Ok(G1Affine::new_unchecked(x, y))
}

fn g2(name: &str, point: &G2Integers) -> Result<G2Affine, Failure> {
    let element = |axis: &str, pair: &G1Integers| -> Result<Fq2, Failure> {
        Ok(Fq2::new(
            coordinate(&format!("{name}.{axis}.c0"), &pair.0)?,
            coordinate(&format!("{name}.{axis}.c1"), &pair.1)?,
        ))
    };
    Ok(G2Affine::new_unchecked(element("x", &point.0)?, element("y", &point.1)?))
}
