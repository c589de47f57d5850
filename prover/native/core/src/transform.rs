// SPDX-License-Identifier: Apache-2.0
//! From the values of a polynomial on the n-th roots of unity to its values on the odd 2n-th roots.
//!
//! An inverse transform by decimation in frequency (Gentleman-Sande) leaves the coefficients in an order of its own; the
//! factors of the coset are stored in that order, and a forward transform by decimation in time (Cooley-Tukey) brings
//! back the natural one: nothing is ever permuted. The lowest six layers work on blocks of 64 elements, the last three
//! of them between the lanes of transposed vectors.

use ark_bn254::Fr;
use ark_ff::{FftField, Field, One};

use crate::field::{Element, Scalar};
use crate::machine::lanes::{Ifma, Kernel, Lanes};
use crate::points::to_montgomery_260;

/// Eight scalars in Montgomery form with R = 2^260, stored below 2.33 r.
pub type Scalars = Element<Scalar>;

/// The smallest domain, two blocks.
pub const SMALLEST_DOMAIN: usize = 128;

/// Vectors in a block.
const BLOCK: usize = 8;

/// Factors for a domain of n points.
pub struct Transform {
    ifma: Ifma,
    inverse: Roots,
    forward: Roots,
    /// g^i / n in the order of the coefficients, g a primitive 2n-th root of unity.
    coset: Vec<Scalars>,
}

/// Powers of a primitive root for each layer.
struct Roots {
    /// `layers[l][i]`: root^(2^l i), eight consecutive i in a vector, for the layers down to distance 8.
    layers: Vec<Vec<Scalars>>,
    /// z, z^2, z^3 for the primitive eighth root z.
    eighth: [Scalars; 3],
}

/// Vectors of `scalars`, whose number is a multiple of eight.
pub fn to_vectors(ifma: Ifma, scalars: &[Fr]) -> Vec<Scalars> {
    let words = |scalar: &Fr| to_montgomery_260(*scalar, |x: Fr| x.0 .0);
    scalars
        .as_chunks::<8>()
        .0
        .iter()
        .map(|eight| Element::from_integers(ifma, &std::array::from_fn(|lane| words(&eight[lane]))))
        .collect()
}

impl Roots {
    fn new(ifma: Ifma, n: usize, root: Fr) -> Self {
        let mut layers = Vec::new();
        let (mut distance, mut base) = (n / 2, root);
        while distance >= 8 {
            layers.push(to_vectors(ifma, &powers(base, Fr::one(), distance)));
            base.square_in_place();
            distance /= 2;
        }
        let eighth = root.pow([n as u64 / 8]);
        let splat = |exponent: u64| Element::splat(ifma, to_montgomery_260(eighth.pow([exponent]), |x: Fr| x.0 .0));
        Self { layers, eighth: [splat(1), splat(2), splat(3)] }
    }
}

/// scale * shift^i in the order of the coefficients.
fn coset_factors(ifma: Ifma, n: usize, shift: Fr, scale: Fr) -> Vec<Scalars> {
    let factors = powers(shift, scale, n);
    // Within a block, lane and vector are transposed; blocks and places in them are in bit-reversed order.
    let in_order = |place: usize| {
        let (block, vector, lane) = (place / 64, place / 8 % 8, place % 8);
        let index = 64 * block + 8 * lane + vector;
        factors[index.reverse_bits() >> (usize::BITS - n.trailing_zeros())]
    };
    let ordered: Vec<Fr> = (0..n).map(in_order).collect();
    to_vectors(ifma, &ordered)
}

fn powers(base: Fr, first: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |power| Some(*power * base)).take(count).collect()
}

impl Transform {
    /// Factors for `n` points; `None` unless n is a power of two from `SMALLEST_DOMAIN` to 2^27.
    pub fn new(ifma: Ifma, n: usize) -> Option<Self> {
        if !n.is_power_of_two() || n < SMALLEST_DOMAIN {
            return None;
        }
        let root = Fr::get_root_of_unity(n as u64)?;
        let shift = Fr::get_root_of_unity(2 * n as u64)?;
        let (inverse_root, scale) = (root.inverse()?, Fr::from(n as u64).inverse()?);
        let (coset, (inverse, forward)) = rayon::join(
            || coset_factors(ifma, n, shift, scale),
            || rayon::join(|| Roots::new(ifma, n, inverse_root), || Roots::new(ifma, n, root)),
        );
        Some(Self { ifma, inverse, forward, coset })
    }

    /// Replaces values on the n-th roots of unity by those on the odd 2n-th roots. `values` has n / 8 vectors.
    pub fn to_coset(&self, values: &mut [Scalars]) {
        let splits = rayon::current_num_threads().next_power_of_two().trailing_zeros() as usize;
        self.inverse(values, 0, splits);
        self.scale(values, &self.coset, splits);
        self.forward(values, 0, splits);
    }

    fn inverse(&self, values: &mut [Scalars], layer: usize, splits: usize) {
        if splits == 0 || values.len() <= 2 * BLOCK {
            return self.ifma.run(Inverse { roots: &self.inverse, values, layer });
        }
        self.butterflies::<true>(values, &self.inverse.layers[layer], splits);
        let (low, high) = values.split_at_mut(values.len() / 2);
        rayon::join(|| self.inverse(low, layer + 1, splits - 1), || self.inverse(high, layer + 1, splits - 1));
    }

    fn forward(&self, values: &mut [Scalars], layer: usize, splits: usize) {
        if splits == 0 || values.len() <= 2 * BLOCK {
            return self.ifma.run(Forward { roots: &self.forward, values, layer });
        }
        let (low, high) = values.split_at_mut(values.len() / 2);
        rayon::join(|| self.forward(low, layer + 1, splits - 1), || self.forward(high, layer + 1, splits - 1));
        self.butterflies::<false>(values, &self.forward.layers[layer], splits);
    }

    fn scale(&self, values: &mut [Scalars], factors: &[Scalars], splits: usize) {
        if splits == 0 {
            return self.ifma.run(Scale { values, factors });
        }
        let (low, high) = values.split_at_mut(values.len() / 2);
        let (low_factors, high_factors) = factors.split_at(low.len());
        rayon::join(|| self.scale(low, low_factors, splits - 1), || self.scale(high, high_factors, splits - 1));
    }

    /// One layer over two halves, its work split in 2^splits.
    fn butterflies<const INVERSE: bool>(&self, values: &mut [Scalars], roots: &[Scalars], splits: usize) {
        let (low, high) = values.split_at_mut(values.len() / 2);
        self.halves::<INVERSE>(low, high, roots, splits);
    }

    fn halves<const INVERSE: bool>(&self, low: &mut [Scalars], high: &mut [Scalars], roots: &[Scalars], splits: usize) {
        if splits == 0 || low.len() < 2 {
            return self.ifma.run(Layer::<INVERSE> { low, high, roots });
        }
        let middle = low.len() / 2;
        let ((low_a, low_b), (high_a, high_b)) = (low.split_at_mut(middle), high.split_at_mut(middle));
        let (roots_a, roots_b) = roots.split_at(middle);
        rayon::join(
            || self.halves::<INVERSE>(low_a, high_a, roots_a, splits - 1),
            || self.halves::<INVERSE>(low_b, high_b, roots_b, splits - 1),
        );
    }
}

struct Scale<'a> {
    values: &'a mut [Scalars],
    factors: &'a [Scalars],
}

impl Kernel for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _ifma: Ifma) {
        let factors = &self.factors[..self.values.len()];
        for i in 0..factors.len() {
            self.values[i] = self.values[i].mul(factors[i]);
        }
    }
}

struct Layer<'a, const INVERSE: bool> {
    low: &'a mut [Scalars],
    high: &'a mut [Scalars],
    roots: &'a [Scalars],
}

impl<const INVERSE: bool> Kernel for Layer<'_, INVERSE> {
    type Output = ();

    #[inline(always)]
    fn run(self, _ifma: Ifma) {
        layer::<INVERSE>(self.low, self.high, self.roots);
    }
}

#[inline(always)]
fn layer<const INVERSE: bool>(low: &mut [Scalars], high: &mut [Scalars], roots: &[Scalars]) {
    let n = low.len();
    let (high, roots) = (&mut high[..n], &roots[..n]);
    for i in 0..n {
        (low[i], high[i]) = if INVERSE {
            inverse_butterfly(low[i], high[i], roots[i])
        } else {
            forward_butterfly(low[i], high[i], roots[i])
        };
    }
}

/// (u + v, (u - v) root).
#[inline(always)]
fn inverse_butterfly(u: Scalars, v: Scalars, root: Scalars) -> (Scalars, Scalars) {
    (u.loose_add(v).reduced(), u.sub::<3>(v).mul(root))
}

/// (u + v root, u - v root).
#[inline(always)]
fn forward_butterfly(u: Scalars, v: Scalars, root: Scalars) -> (Scalars, Scalars) {
    let product = v.mul(root);
    (u.loose_add(product).reduced(), u.loose_sub(product).loose_plus::<2>().reduced())
}

/// The butterfly with root one, for both directions.
#[inline(always)]
fn plain_butterfly(u: Scalars, v: Scalars) -> (Scalars, Scalars) {
    (u.loose_add(v).reduced(), u.loose_sub(v).loose_plus::<3>().reduced())
}

struct Inverse<'a> {
    roots: &'a Roots,
    values: &'a mut [Scalars],
    layer: usize,
}

impl Kernel for Inverse<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let Self { roots, values, layer: number } = self;
        if let Ok(block) = <&mut [Scalars; BLOCK]>::try_from(&mut *values) {
            inverse_block(roots, block, number);
            return;
        }
        let (low, high) = values.split_at_mut(values.len() / 2);
        layer::<true>(low, high, &roots.layers[number]);
        ifma.run(Inverse { roots, values: low, layer: number + 1 });
        ifma.run(Inverse { roots, values: high, layer: number + 1 });
    }
}

struct Forward<'a> {
    roots: &'a Roots,
    values: &'a mut [Scalars],
    layer: usize,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, ifma: Ifma) {
        let Self { roots, values, layer: number } = self;
        if let Ok(block) = <&mut [Scalars; BLOCK]>::try_from(&mut *values) {
            forward_block(roots, block, number);
            return;
        }
        let (low, high) = values.split_at_mut(values.len() / 2);
        ifma.run(Forward { roots, values: low, layer: number + 1 });
        ifma.run(Forward { roots, values: high, layer: number + 1 });
        layer::<false>(low, high, &roots.layers[number]);
    }
}

/// Layers of distance 32, 16, 8 between vectors, then 4, 2, 1 after a transposition.
#[inline(always)]
fn inverse_block(roots: &Roots, block: &mut [Scalars; BLOCK], first_layer: usize) {
    for step in 0..3 {
        let distance = 4 >> step;
        for pair in 0..BLOCK / (2 * distance) {
            let start = 2 * distance * pair;
            for k in start..start + distance {
                let root = roots.layers[first_layer + step][k - start];
                (block[k], block[k + distance]) = inverse_butterfly(block[k], block[k + distance], root);
            }
        }
    }
    transpose(block);
    for step in 0..3 {
        let (distance, stride) = (4 >> step, 1 << step);
        for pair in 0..BLOCK / (2 * distance) {
            let start = 2 * distance * pair;
            (block[start], block[start + distance]) = plain_butterfly(block[start], block[start + distance]);
            for k in 1..distance {
                let (u, v) = (block[start + k], block[start + k + distance]);
                (block[start + k], block[start + k + distance]) =
                    inverse_butterfly(u, v, roots.eighth[k * stride - 1]);
            }
        }
    }
}

#[inline(always)]
fn forward_block(roots: &Roots, block: &mut [Scalars; BLOCK], first_layer: usize) {
    for step in (0..3).rev() {
        let (distance, stride) = (4 >> step, 1 << step);
        for pair in 0..BLOCK / (2 * distance) {
            let start = 2 * distance * pair;
            (block[start], block[start + distance]) = plain_butterfly(block[start], block[start + distance]);
            for k in 1..distance {
                let (u, v) = (block[start + k], block[start + k + distance]);
                (block[start + k], block[start + k + distance]) =
                    forward_butterfly(u, v, roots.eighth[k * stride - 1]);
            }
        }
    }
    transpose(block);
    for step in (0..3).rev() {
        let distance = 4 >> step;
        for pair in 0..BLOCK / (2 * distance) {
            let start = 2 * distance * pair;
            for k in start..start + distance {
                let root = roots.layers[first_layer + step][k - start];
                (block[k], block[k + distance]) = forward_butterfly(block[k], block[k + distance], root);
            }
        }
    }
}

#[inline(always)]
fn transpose(block: &mut [Scalars; BLOCK]) {
    for limb in 0..5 {
        let mut rows = [block[0].limb(limb); BLOCK];
        for i in 1..BLOCK {
            rows[i] = block[i].limb(limb);
        }
        let columns = Lanes::transpose(rows);
        for i in 0..BLOCK {
            block[i].set_limb(limb, columns[i]);
        }
    }
}
