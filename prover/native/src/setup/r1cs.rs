// SPDX-License-Identifier: Apache-2.0
//! Reader of circom's `.r1cs` files (binary format version 1 of iden3's r1csfile).

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};

use crate::elements::{scalar_from_word, WORD};
use crate::errors::Failure;

const MAGIC: &[u8] = b"r1cs";
const VERSION: u32 = 1;
const HEADER_SECTION: u32 = 1;
const CONSTRAINT_SECTION: u32 = 2;
const LABEL_SECTION: u32 = 3;
const LABEL_BYTES: usize = 8;
const CUSTOM_GATE_SECTIONS: [u32; 2] = [4, 5];

/// A sum of coefficient times wire.
pub type LinearCombination = Vec<(u32, Fr)>;

/// Constraints A * B = C over the wires 1, public outputs, public inputs, private wires.
pub struct ConstraintSystem {
    pub n_wires: usize,
    /// Public outputs and inputs, without the constant wire.
    pub n_public: usize,
    /// [A, B, C] of each constraint.
    pub constraints: Vec<[LinearCombination; 3]>,
}

impl ConstraintSystem {
    pub fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let mut file = Reader(bytes);
        if file.take(4)? != MAGIC || file.u32()? != VERSION {
            return Err(malformed("not an r1cs file of version 1"));
        }
        let n_sections = file.u32()?;
        let (mut header, mut body, mut labels) = (None, None, None);
        for _ in 0..n_sections {
            let (kind, length) = (file.u32()?, file.u64()?);
            let section = file.take(usize::try_from(length).map_err(|_| malformed("section too long"))?)?;
            match kind {
                HEADER_SECTION => header = Some(section),
                CONSTRAINT_SECTION => body = Some(section),
                LABEL_SECTION => labels = Some(section),
                kind if CUSTOM_GATE_SECTIONS.contains(&kind) => {
                    return Err(malformed("custom gates are not Groth16 constraints"))
                }
                _ => {}
            }
        }
        let mut header = Reader(header.ok_or_else(|| malformed("no header section"))?);
        if header.u32()? as usize != WORD || header.take(WORD)? != Fr::MODULUS.to_bytes_le() {
            return Err(malformed("the field is not the scalar field of BN254"));
        }
        let n_wires = header.u32()? as usize;
        let n_public = header.u32()? as usize + header.u32()? as usize;
        let (_private_inputs, _n_labels) = (header.u32()?, header.u64()?);
        let n_constraints = header.u32()? as usize;
        // One label a wire: the number of wires, which decides how much memory is taken, is bounded by the file's length.
        if labels.map(<[u8]>::len) != n_wires.checked_mul(LABEL_BYTES) {
            return Err(malformed("the section of labels does not have one for each wire"));
        }
        if n_public >= n_wires {
            return Err(malformed("more public signals than wires"));
        }
        let mut body = Reader(body.ok_or_else(|| malformed("no constraint section"))?);
        let mut constraints = Vec::new();
        for _ in 0..n_constraints {
            let a = body.linear_combination(n_wires)?;
            let b = body.linear_combination(n_wires)?;
            let c = body.linear_combination(n_wires)?;
            constraints.push([a, b, c]);
        }
        if !body.0.is_empty() {
            return Err(malformed("bytes after the last constraint"));
        }
        Ok(Self { n_wires, n_public, constraints })
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Failure> {
        let (head, tail) = self.0.split_at_checked(length).ok_or_else(|| malformed("file ends early"))?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        self.take(N)?.try_into().map_err(|_| malformed("file ends early"))
    }

    fn u32(&mut self) -> Result<u32, Failure> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Failure> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn linear_combination(&mut self, n_wires: usize) -> Result<LinearCombination, Failure> {
        let n_terms = self.u32()?;
        let mut terms = Vec::new();
        for _ in 0..n_terms {
            let wire = self.u32()?;
            if wire as usize >= n_wires {
                return Err(malformed("a constraint names a wire that does not exist"));
            }
            let coefficient = scalar_from_word(self.take(WORD)?).ok_or_else(|| malformed("coefficient not below r"))?;
            terms.push((wire, coefficient));
        }
        Ok(terms)
    }
}

fn malformed(rule: &str) -> Failure {
    Failure::Key(format!("r1cs: {rule}"))
}
