// SPDX-License-Identifier: Apache-2.0
//! Affine points in memory, and their exact translation from and to arkworks.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{BigInt, PrimeField};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::coordinates::{Coordinate, Quadratic};
use crate::field::{Base, Element, Modulus};

/// A point of G1: x, y as 64-bit words of the Montgomery form with R = 2^260, below 2^256 but not always below q;
/// zeros at infinity.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub struct PackedG1(pub [u64; 8]);

/// A point of G2: x.c0, x.c1, y.c0, y.c1, each as in `PackedG1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(64))]
pub struct PackedG2(pub [u64; 16]);

/// A point as it lies in a table or a bucket.
pub trait Packed:
    Copy + Send + Sync + PartialEq + std::fmt::Debug + FromBytes + IntoBytes + Immutable + KnownLayout + 'static
{
    /// Infinity: no point of the curves has both coordinates zero.
    const INFINITY: Self;

    #[inline(always)]
    fn is_infinity(&self) -> bool {
        *self == Self::INFINITY
    }

    /// -self for canonical coordinates.
    fn negated(self) -> Self;
}

impl Packed for PackedG1 {
    const INFINITY: Self = Self([0; 8]);

    fn negated(mut self) -> Self {
        negate_words(&mut self.0[4..]);
        self
    }
}

impl Packed for PackedG2 {
    const INFINITY: Self = Self([0; 16]);

    fn negated(mut self) -> Self {
        negate_words(&mut self.0[8..12]);
        negate_words(&mut self.0[12..]);
        self
    }
}

/// value becomes q - value, zero stays.
fn negate_words(value: &mut [u64]) {
    if value.iter().all(|word| *word == 0) {
        return;
    }
    let mut borrow = false;
    for (word, modulus) in value.iter_mut().zip(Base::WORDS) {
        let (difference, first) = modulus.overflowing_sub(*word);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *word = difference;
        borrow = first | second;
    }
}

/// A group of BN254, in arkworks' representation and in this crate's.
pub trait Curve: Copy + Send + Sync + 'static {
    type Affine: AffineRepr<ScalarField = Fr, Group = Self::Projective>;
    type Projective: CurveGroup<ScalarField = Fr, Affine = Self::Affine>;
    type Packed: Packed;
    type Coordinate: Coordinate<Packed = Self::Packed>;

    /// Canonical coordinates.
    fn pack(point: &Self::Affine) -> Self::Packed;
    fn unpack(point: &Self::Packed) -> Self::Affine;
}

#[derive(Clone, Copy)]
pub struct G1;

#[derive(Clone, Copy)]
pub struct G2;

impl Curve for G1 {
    type Affine = G1Affine;
    type Projective = G1Projective;
    type Packed = PackedG1;
    type Coordinate = Element<Base>;

    fn pack(point: &G1Affine) -> PackedG1 {
        let mut words = [0; 8];
        if let Some((x, y)) = point.xy() {
            write_coordinates(&mut words, [x, y]);
        }
        PackedG1(words)
    }

    fn unpack(point: &PackedG1) -> G1Affine {
        if point.is_infinity() {
            return G1Affine::identity();
        }
        let [x, y] = read_coordinates(&point.0);
        G1Affine::new_unchecked(x, y)
    }
}

impl Curve for G2 {
    type Affine = G2Affine;
    type Projective = G2Projective;
    type Packed = PackedG2;
    type Coordinate = Quadratic;

    fn pack(point: &G2Affine) -> PackedG2 {
        let mut words = [0; 16];
        if let Some((x, y)) = point.xy() {
            write_coordinates(&mut words, [x.c0, x.c1, y.c0, y.c1]);
        }
        PackedG2(words)
    }

    fn unpack(point: &PackedG2) -> G2Affine {
        if point.is_infinity() {
            return G2Affine::identity();
        }
        let [x0, x1, y0, y1] = read_coordinates(&point.0);
        G2Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1))
    }
}

/// Montgomery words with R = 2^260 of an element; arkworks keeps them with R = 2^256.
pub fn to_montgomery_260<F: PrimeField<BigInt = BigInt<4>>>(element: F, montgomery_words: fn(F) -> [u64; 4]) -> [u64; 4] {
    let mut scaled = element;
    for _ in 0..4 {
        scaled.double_in_place();
    }
    montgomery_words(scaled)
}

/// 1 / 16: its Montgomery words are 2^252, which is below q.
const SIXTEENTH: Fq = Fq::new_unchecked(BigInt([0, 0, 0, 1 << 60]));

/// The element with the Montgomery words `words` for R = 2^260, below 2^256.
pub fn base_from_montgomery_260(words: [u64; 4]) -> Fq {
    Fq::new_unchecked(BigInt(canonical(words))) * SIXTEENTH
}

/// `value` modulo q.
fn canonical(mut value: [u64; 4]) -> [u64; 4] {
    while BigInt(value) >= Fq::MODULUS {
        let mut borrow = false;
        for (word, modulus) in value.iter_mut().zip(Base::WORDS) {
            let (difference, first) = word.overflowing_sub(modulus);
            let (difference, second) = difference.overflowing_sub(u64::from(borrow));
            *word = difference;
            borrow = first | second;
        }
    }
    value
}

fn write_coordinates<const N: usize>(words: &mut [u64], coordinates: [Fq; N]) {
    for (target, coordinate) in words.chunks_exact_mut(4).zip(coordinates) {
        target.copy_from_slice(&to_montgomery_260(coordinate, |x: Fq| x.0 .0));
    }
}

fn read_coordinates<const N: usize>(words: &[u64]) -> [Fq; N] {
    std::array::from_fn(|i| {
        let mut value = [0; 4];
        value.copy_from_slice(&words[4 * i..4 * i + 4]);
        base_from_montgomery_260(value)
    })
}
