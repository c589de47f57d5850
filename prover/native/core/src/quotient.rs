// SPDX-License-Identifier: Apache-2.0
//! The scalars of the H query: A B - C on the odd 2n-th roots of unity, as snarkjs' keys want it.

use std::time::Instant;

use ark_bn254::Fr;
use ark_ff::{One, Zero};
use rayon::prelude::*;
use snarkrs_lib::formats::Coefficients;

use crate::digits::Words;
use crate::field::Element;
use crate::machine::lanes::{Ifma, Kernel};
use crate::timings::{milliseconds_since, Timings};
use crate::transform::{Scalars, Transform};

/// Vectors per task.
const TASK: usize = 256;

/// The matrices A and B of a circuit, and the transform of its domain.
pub struct Quotient {
    ifma: Ifma,
    coefficients: Coefficients,
    transform: Transform,
}

impl Quotient {
    /// `coefficients` have been checked against the domain and the number of wires. `None` for a domain that the
    /// transform cannot do.
    pub fn new(ifma: Ifma, coefficients: Coefficients, domain_size: usize) -> Option<Self> {
        Some(Self { ifma, coefficients, transform: Transform::new(ifma, domain_size)? })
    }

    /// One scalar per point of the domain for the values `witness` of all wires.
    pub fn scalars(&self, witness: &[Fr], timings: &mut Timings) -> Vec<Words> {
        let started = Instant::now();
        let (mut a, mut b) = rayon::join(|| self.rows(0, witness), || self.rows(1, witness));
        let mut c = a.clone();
        c.par_chunks_mut(TASK).zip(b.par_chunks(TASK)).for_each(|(c, b)| self.ifma.run(Multiply { c, b }));
        timings.gather_ms = milliseconds_since(started);
        let started = Instant::now();
        for values in [&mut a, &mut b, &mut c] {
            self.transform.to_coset(values);
        }
        let mut scalars = vec![[0; 4]; 8 * a.len()];
        scalars
            .par_chunks_mut(8 * TASK)
            .zip(a.par_chunks(TASK))
            .zip(b.par_chunks(TASK))
            .zip(c.par_chunks(TASK))
            .for_each(|(((scalars, a), b), c)| self.ifma.run(Combine { scalars, a, b, c }));
        timings.transform_ms = milliseconds_since(started);
        scalars
    }

    /// The products of the rows of one matrix with the witness.
    fn rows(&self, matrix: usize, witness: &[Fr]) -> Vec<Scalars> {
        let bounds = &self.coefficients.row_ptr[matrix];
        let wires = &self.coefficients.signal[matrix];
        let factors = &self.coefficients.value[matrix];
        let minus_one = -Fr::one();
        let row = |index: usize| -> Words {
            let terms = bounds[index] as usize..bounds[index + 1] as usize;
            let mut sum = Fr::zero();
            for (wire, factor) in wires[terms.clone()].iter().zip(&factors[terms]) {
                let value = witness[*wire as usize];
                if value.is_zero() {
                    continue;
                }
                if value.is_one() {
                    sum += factor;
                } else if factor.is_one() {
                    sum += value;
                } else if *factor == minus_one {
                    sum -= value;
                } else {
                    sum += *factor * value;
                }
            }
            sum.0 .0
        };
        let n_vectors = (bounds.len() - 1) / 8;
        (0..n_vectors)
            .into_par_iter()
            .with_min_len(TASK)
            .map(|vector| {
                let integers = std::array::from_fn(|lane| row(8 * vector + lane));
                self.ifma.run(FromArkworks { integers })
            })
            .collect()
    }
}

/// Montgomery words with R = 2^256 to vectors with R = 2^260: times 2^264 / 2^260 in the Montgomery product.
struct FromArkworks {
    integers: [Words; 8],
}

impl Kernel for FromArkworks {
    type Output = Scalars;

    #[inline(always)]
    fn run(self, ifma: Ifma) -> Scalars {
        Element::from_integers(ifma, &self.integers).mul(Element::splat(ifma, TWO_POWER_264))
    }
}

/// 2^264 mod r.
const TWO_POWER_264: Words = {
    // Fr::R is 2^256 mod r; the Montgomery words of 2^8 are 2^264 mod r.
    let element = ark_ff::MontFp!("256");
    let element: Fr = element;
    element.0 .0
};

struct Multiply<'a> {
    c: &'a mut [Scalars],
    b: &'a [Scalars],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _ifma: Ifma) {
        let b = &self.b[..self.c.len()];
        for i in 0..b.len() {
            self.c[i] = self.c[i].mul(b[i]);
        }
    }
}

/// a b - c out of Montgomery form.
struct Combine<'a> {
    scalars: &'a mut [Words],
    a: &'a [Scalars],
    b: &'a [Scalars],
    c: &'a [Scalars],
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let one = Element::splat(ifma, [1, 0, 0, 0]);
        let (eights, _) = self.scalars.as_chunks_mut::<8>();
        let n = eights.len();
        let (a, b, c) = (&self.a[..n], &self.b[..n], &self.c[..n]);
        for i in 0..n {
            eights[i] = a[i].mul(b[i]).sub::<3>(c[i]).mul(one).canonical().to_integers();
        }
    }
}
