// SPDX-License-Identifier: Apache-2.0
//! Products in Fq2 against arkworks, at random and at the ends of their ranges.

use ark_bn254::Fq2;
use ark_ff::{BigInt, Field};

use super::field::samples;
use crate::coordinates::{Coordinate, Quadratic};
use crate::field::{Base, Modulus};
use crate::machine::lanes::{Ifma, Kernel};
use crate::points::{base_from_montgomery_260, Packed, PackedG2};

/// x y and x^2 of eight pairs, packed as the coordinates of points.
struct Products([PackedG2; 8]);

impl Kernel for Products {
    type Output = [PackedG2; 8];

    #[inline(always)]
    fn run(self, ifma: Ifma) -> [PackedG2; 8] {
        let (x, y) = Quadratic::load(ifma, self.0.each_ref());
        let mut packed = [PackedG2::INFINITY; 8];
        Quadratic::store(x.mul(y), x.square(), |lane, point| packed[lane] = point);
        packed
    }
}

fn pair(packed: &PackedG2) -> (Fq2, Fq2) {
    let word = |i: usize| base_from_montgomery_260(std::array::from_fn(|j| packed.0[4 * i + j]));
    (Fq2::new(word(0), word(1)), Fq2::new(word(2), word(3)))
}

#[test]
fn products_and_squares_agree_with_arkworks() {
    let Some(ifma) = super::vectors() else { return };
    let mut doubled = Base::WORDS;
    for i in (0..4).rev() {
        doubled[i] = doubled[i] << 1 | if i > 0 { doubled[i - 1] >> 63 } else { 0 };
    }
    // Stored coordinates, up to twice the modulus.
    let values: Vec<[u64; 4]> =
        samples(Base::WORDS).into_iter().filter(|value| BigInt(*value) <= BigInt(doubled)).collect();
    let component = |number: usize| values[number % values.len()];
    for start in 0..values.len() {
        for shift in [0, 1, 5, 17, 40] {
            let point = |lane: usize| {
                let parts = [start, start + shift, start + 2 * lane, start + shift * lane].map(component);
                PackedG2(std::array::from_fn(|i| parts[i / 4][i % 4]))
            };
            let points = std::array::from_fn(point);
            for (point, result) in points.iter().zip(ifma.run(Products(points))) {
                let (x, y) = pair(point);
                assert_eq!(pair(&result), (x * y, x.square()), "{:x?}", point.0);
            }
        }
    }
}
