// SPDX-License-Identifier: Apache-2.0
//! Products of a constraint matrix with the values of the wires.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use ark_bn254::Fr;
use ark_ff::{BigInt, Field, PrimeField, Zero};
use rayon::prelude::*;

use crate::digits::Words;
use crate::field::{Element, Scalar};
use crate::machine::lanes::{Ifma, Kernel, Lanes};
use crate::transform::Scalars;

/// Vectors per task.
const TASK: usize = 256;

/// Terms of the longest row whose products are summed before they are reduced: the sum is below 512 r^2, which the
/// reduction brings below (512 / 84.6 + 1.13) r, less than the 10.5 r that `Element::reduced` asks for.
const LONGEST: usize = 512;

/// Rows of terms, each a wire times a factor. A matrix has few factors, so that a term names its factor by number.
pub struct Matrix {
    bounds: Vec<u32>,
    /// Wire and number of the factor of each term.
    terms: Vec<(u32, u32)>,
    /// 2^520 times the factor: the reduction divides by 2^260 and leaves the Montgomery form with R = 2^260.
    factors: Vec<Words>,
}

impl Matrix {
    /// `bounds` are checked and as many, less one, as the domain has points.
    pub fn new(bounds: Vec<u32>, wires: &[u32], values: &[Fr]) -> Self {
        let mut numbers = HashMap::<Words, u32, BuildHasherDefault<FactorHasher>>::default();
        let mut factors = Vec::new();
        let scale = Fr::from(2u64).pow([264]);
        let number = |value: &Fr| -> u32 {
            *numbers.entry(value.0 .0).or_insert_with(|| {
                // The Montgomery words, with R = 2^256, of 2^264 times the factor.
                factors.push((scale * value).0 .0);
                factors.len() as u32 - 1
            })
        };
        let terms = wires.iter().copied().zip(values.iter().map(number)).collect();
        Self { bounds, terms, factors }
    }

    /// The products of the rows with the canonical values `words` of the wires.
    pub fn times(&self, ifma: Ifma, words: &[Words]) -> Vec<Scalars> {
        let n_vectors = (self.bounds.len() - 1) / 8;
        let eight_rows = |vector: usize| ifma.run(Rows { matrix: self, first: 8 * vector, words });
        (0..n_vectors).into_par_iter().with_min_len(TASK).map(eight_rows).collect()
    }
}

/// Hash of a factor's words by products whose halves are folded. A key's factors are looked up once, while it is loaded; the
/// key was compared with its manifest before, so that nobody chooses factors that collide.
#[derive(Default)]
struct FactorHasher(u64);

impl Hasher for FactorHasher {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks_exact(8) {
            let word = u64::from_ne_bytes(word.try_into().unwrap_or_default());
            let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
            self.0 = product as u64 ^ (product >> 64) as u64;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Eight rows from `first` on.
struct Rows<'a> {
    matrix: &'a Matrix,
    first: usize,
    words: &'a [Words],
}

impl Kernel for Rows<'_> {
    type Output = Scalars;

    #[inline(always)]
    fn run(self, ifma: Ifma) -> Scalars {
        let bounds = &self.matrix.bounds[self.first..self.first + 9];
        let mut columns = [[0; 8]; 9];
        if bounds[0] < bounds[8] {
            for lane in 0..8 {
                let terms = &self.matrix.terms[bounds[lane] as usize..bounds[lane + 1] as usize];
                let sum = sum_of_products(terms, &self.matrix.factors, self.words);
                for (column, word) in columns.iter_mut().zip(sum) {
                    column[lane] = word;
                }
            }
        }
        let mut words = [Lanes::zero(ifma); 9];
        for i in 0..9 {
            words[i] = Lanes::load(ifma, &columns[i]);
        }
        Element::<Scalar>::reduction_of_words(words).reduced()
    }
}

/// The sum of the terms' products, below 2^520.
#[inline(always)]
fn sum_of_products(terms: &[(u32, u32)], factors: &[Words], words: &[Words]) -> [u64; 9] {
    if terms.len() > LONGEST {
        return long_sum(terms, factors, words);
    }
    let mut sum = [0; 9];
    for (wire, factor) in terms {
        let (value, factor) = (&words[*wire as usize], &factors[*factor as usize]);
        add_product::<0>(&mut sum, factor, value[0]);
        if value[1] | value[2] | value[3] != 0 {
            add_product::<1>(&mut sum, factor, value[1]);
            add_product::<2>(&mut sum, factor, value[2]);
            add_product::<3>(&mut sum, factor, value[3]);
        }
    }
    sum
}

/// Adds 2^(64 PLACE) factor value.
#[inline(always)]
fn add_product<const PLACE: usize>(sum: &mut [u64; 9], factor: &Words, value: u64) {
    let mut carry = 0u64;
    for i in 0..4 {
        let term = u128::from(factor[i]) * u128::from(value) + u128::from(sum[PLACE + i]) + u128::from(carry);
        sum[PLACE + i] = term as u64;
        carry = (term >> 64) as u64;
    }
    for word in &mut sum[PLACE + 4..] {
        let (total, over) = word.overflowing_add(carry);
        *word = total;
        carry = u64::from(over);
    }
}

/// `sum_of_products` modulo r.
#[cold]
fn long_sum(terms: &[(u32, u32)], factors: &[Words], words: &[Words]) -> [u64; 9] {
    let mut sum = Fr::zero();
    for (wire, factor) in terms {
        // The words of a factor are those of an element in arkworks' form, and so are the sum's.
        let value = Fr::from_bigint(BigInt(words[*wire as usize])).unwrap_or_default();
        sum += Fr::new_unchecked(BigInt(factors[*factor as usize])) * value;
    }
    let [w0, w1, w2, w3] = sum.0 .0;
    [w0, w1, w2, w3, 0, 0, 0, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::to_montgomery_260;
    use ark_ff::{One, UniformRand};
    use snarkrs_lib::rand::{rngs::StdRng, Rng, SeedableRng};

    #[test]
    fn rows_of_any_length_and_the_largest_values_agree_with_arkworks() {
        let Some(ifma) = crate::tests::vectors() else { return };
        let mut rng = StdRng::seed_from_u64(47);
        let wires: Vec<Fr> = (0..100)
            .map(|wire| match wire % 5 {
                0 => -Fr::one(),
                1 => Fr::rand(&mut rng),
                2 => Fr::from(rng.gen::<u64>()),
                bit => Fr::from(bit as u64 % 2),
            })
            .collect();
        let words: Vec<Words> = wires.iter().map(|wire| wire.into_bigint().0).collect();
        let lengths = [0, 1, 2, 63, LONGEST, LONGEST + 1, 2000, 3, LONGEST, LONGEST - 1, 5, 0, 0, 1, 1, 1];
        for largest in [false, true] {
            let (mut bounds, mut places, mut values) = (vec![0], vec![], vec![]);
            for length in lengths {
                for _ in 0..length {
                    places.push(if largest { 0 } else { rng.gen_range(0..100) });
                    values.push(if largest || rng.gen() { -Fr::one() } else { Fr::rand(&mut rng) });
                }
                bounds.push(places.len() as u32);
            }
            let expected: Vec<Words> = bounds
                .windows(2)
                .map(|bound| bound[0] as usize..bound[1] as usize)
                .map(|row| row.map(|term| values[term] * wires[places[term] as usize]).sum::<Fr>())
                .map(|sum| to_montgomery_260(sum, |x: Fr| x.0 .0))
                .collect();
            let products = Matrix::new(bounds, &places, &values).times(ifma, &words);
            let found: Vec<Words> = products.into_iter().flat_map(|row| ifma.run(Canonical(row))).collect();
            assert_eq!(found, expected);
        }
    }

    struct Canonical(Scalars);

    impl Kernel for Canonical {
        type Output = [Words; 8];

        #[inline(always)]
        fn run(self, _ifma: Ifma) -> [Words; 8] {
            self.0.canonical().to_integers()
        }
    }

    #[test]
    fn the_longest_sum_fits_ten_limbs() {
        let largest = (-Fr::one()).into_bigint().0;
        let sum = sum_of_products(&[(0, 0); LONGEST], &[largest], &[largest]);
        assert!(sum[8] < 1 << 8, "below 2^520");
    }
}
