// SPDX-License-Identifier: Apache-2.0
//! The scalars of the H query: A B - C on the odd 2n-th roots of unity, as snarkjs' keys want it.

use std::time::Instant;

use rayon::prelude::*;
use snarkrs_lib::formats::Coefficients;

use crate::digits::Words;
use crate::field::Element;
use crate::machine::lanes::{Ifma, Kernel};
use crate::matrix::Matrix;
use crate::timings::{milliseconds_since, Timings};
use crate::transform::{Scalars, Transform};

/// Vectors per task.
const TASK: usize = 256;

/// The matrices A and B of a circuit, and the transform of its domain.
pub struct Quotient {
    ifma: Ifma,
    a: Matrix,
    b: Matrix,
    transform: Transform,
}

impl Quotient {
    /// `coefficients` have been checked against the domain and the number of wires. `None` for a domain that the
    /// transform cannot do.
    pub fn new(ifma: Ifma, coefficients: Coefficients, domain_size: usize) -> Option<Self> {
        let Coefficients { row_ptr: [a_bounds, b_bounds], signal, value } = coefficients;
        let (a, b) = rayon::join(
            || Matrix::new(a_bounds, &signal[0], &value[0]),
            || Matrix::new(b_bounds, &signal[1], &value[1]),
        );
        Some(Self { ifma, a, b, transform: Transform::new(ifma, domain_size)? })
    }

    /// One scalar per point of the domain for the canonical values `words` of all wires.
    pub fn scalars(&self, words: &[Words], timings: &mut Timings) -> Vec<Words> {
        let started = Instant::now();
        let (mut a, mut b) = rayon::join(|| self.a.times(self.ifma, words), || self.b.times(self.ifma, words));
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
}

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
