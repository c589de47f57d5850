// SPDX-License-Identifier: Apache-2.0
//! Field, curve, transform and multi-exponentiation against arkworks on many random and extreme inputs.
//!
//! `ZKRISK_EVIDENCE` says how many inputs of each kind, by default a sample; the last line of each test counts them.

use std::io::{stderr, Write};

use ark_bn254::{Fq, Fr};
use ark_ec::{AffineRepr, CurveGroup, VariableBaseMSM};
use ark_ff::{AdditiveGroup, BigInt, FftField, Field, One, PrimeField, UniformRand, Zero};
use snarkrs_lib::rand::{rngs::StdRng, Rng, RngCore, SeedableRng};

use crate::digits::Windows;
use crate::field::{Base, Element, Modulus, Scalar};
use crate::machine::lanes::{Ifma, Kernel};
use crate::multiply::{multiply, Bases, Scratch};
use crate::points::{Curve, Packed, G1, G2};
use crate::sums::Summation;
use crate::tables;
use crate::transform::{to_vectors, Scalars, Transform};

const SAMPLE: usize = 20_000;

fn wanted() -> usize {
    std::env::var("ZKRISK_EVIDENCE").map_or(SAMPLE, |count| count.parse().expect("ZKRISK_EVIDENCE is a number"))
}

fn counted(kind: &str, count: usize) {
    writeln!(stderr(), "{kind}: {count} inputs agree with arkworks").expect("stderr is open");
}

type Eight = [[u64; 4]; 8];

/// Product, square, sum and difference of eight pairs, canonical.
struct Operations<'a, M: Modulus>(&'a Eight, &'a Eight, std::marker::PhantomData<M>);

impl<M: Modulus> Kernel for Operations<'_, M> {
    type Output = [Eight; 4];

    #[inline(always)]
    fn run(self, ifma: Ifma) -> [Eight; 4] {
        let a = Element::<M>::from_integers(ifma, self.0);
        let b = Element::<M>::from_integers(ifma, self.1);
        [
            a.mul(b).canonical().to_integers(),
            a.square().canonical().to_integers(),
            a.add(b).reduced().canonical().to_integers(),
            a.sub::<5>(b).reduced().canonical().to_integers(),
        ]
    }
}

/// k p + small, k p - small, a power of two, that less one, or a random number, all below 4 p.
fn lazy_integer<M: Modulus>(rng: &mut StdRng) -> [u64; 4] {
    let multiple = |factor: u64, addend: i64| {
        let mut carry = i128::from(addend);
        M::WORDS.map(|word| {
            carry += i128::from(word) * i128::from(factor);
            let low = carry as u64;
            carry >>= 64;
            low
        })
    };
    match rng.gen_range(0..8) {
        0 => multiple(rng.gen_range(0..4), rng.gen_range(0..3)),
        1 => multiple(rng.gen_range(1..5), -rng.gen_range(1..3)),
        2 | 3 => {
            let bit = rng.gen_range(0..255);
            let mut power = [0; 4];
            power[bit / 64] = 1 << (bit % 64);
            if rng.gen() {
                power[bit / 64] -= 1;
            }
            power
        }
        _ => std::array::from_fn(|i| if i < 3 { rng.next_u64() } else { rng.next_u64() >> 1 }),
    }
}

fn field_agrees<M: Modulus, F: PrimeField<BigInt = BigInt<4>>>(kind: &str, seed: u64) {
    let Some(ifma) = super::vectors() else { return };
    let mut rng = StdRng::seed_from_u64(seed);
    let inverse = F::from(2u64).pow([260u64]).inverse().expect("two is invertible");
    let element = |words: [u64; 4]| {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        F::from_le_bytes_mod_order(&bytes)
    };
    let rounds = wanted().div_ceil(8);
    for _ in 0..rounds {
        let [a, b]: [Eight; 2] = std::array::from_fn(|_| std::array::from_fn(|_| lazy_integer::<M>(&mut rng)));
        let results = ifma.run(Operations::<M>(&a, &b, std::marker::PhantomData));
        for lane in 0..8 {
            let (x, y) = (element(a[lane]), element(b[lane]));
            let expected = [x * y * inverse, x * x * inverse, x + y, x - y].map(|value| value.into_bigint().0);
            assert_eq!(results.map(|eight| eight[lane]), expected, "{:?}, {:?}", a[lane], b[lane]);
        }
    }
    counted(kind, 8 * rounds);
}

#[test]
fn lazy_coordinates() {
    field_agrees::<Base, Fq>("pairs of coordinates, four operations each", 101);
}

#[test]
fn lazy_scalars() {
    field_agrees::<Scalar, Fr>("pairs of scalars, four operations each", 102);
}

/// Distinct points, and few of them many times, as they are or negated.
fn mixed_points<A: AffineRepr<ScalarField = Fr>>(n: usize, rng: &mut StdRng) -> Vec<A> {
    let projective: Vec<A::Group> = (0..n).map(|_| A::generator() * Fr::rand(rng)).collect();
    let distinct = A::Group::normalize_batch(&projective);
    (0..n)
        .map(|i| match rng.gen_range(0..4) {
            0 => distinct[rng.gen_range(0..5)],
            1 => (-distinct[rng.gen_range(0..5)].into_group()).into_affine(),
            _ => distinct[i],
        })
        .collect()
}

/// Sums of up to seven points, so that equal, opposite and infinite summands meet.
fn sums_agree<C: Curve>(kind: &str, seed: u64) {
    let Some(ifma) = super::vectors() else { return };
    let mut rng = StdRng::seed_from_u64(seed);
    let points: Vec<C::Affine> = mixed_points(1024, &mut rng);
    let table: Vec<C::Packed> = points.iter().map(C::pack).collect();
    let mut summation = Summation::<C>::new(ifma);
    let mut additions = 0;
    while additions < wanted() {
        let (mut entries, mut bounds, mut expected) = (vec![], vec![0u32], vec![]);
        // Half of the sums over sixteen points only.
        for among in [16, 1024].repeat(1000) {
            let mut sum = C::Projective::ZERO;
            for _ in 0..rng.gen_range(1..8) {
                let (point, negated) = (rng.gen_range(0..among), rng.gen::<bool>());
                entries.push(2 * point as u32 + u32::from(negated));
                sum += if negated { (-points[point].into_group()).into_affine() } else { points[point] };
            }
            additions += entries.len() - *bounds.last().expect("the first bound is there") as usize - 1;
            bounds.push(entries.len() as u32);
            expected.push(sum);
        }
        let mut sums = vec![C::Packed::INFINITY; expected.len()];
        summation.sum(&table, &entries, &bounds, &mut sums);
        let sums: Vec<C::Affine> = sums.iter().map(C::unpack).collect();
        assert!(sums == C::Projective::normalize_batch(&expected), "{kind}");
    }
    counted(kind, additions);
}

#[test]
fn sums_in_g1() {
    sums_agree::<G1>("additions in G1", 103);
}

#[test]
fn sums_in_g2() {
    sums_agree::<G2>("additions in G2", 104);
}

fn scalar(rng: &mut StdRng) -> Fr {
    match rng.gen_range(0..10) {
        0 => Fr::zero(),
        1 => Fr::one(),
        2 => -Fr::one(),
        3 => Fr::from(2u64).pow([rng.gen_range(0..254u64)]),
        4 => -Fr::from(2u64).pow([rng.gen_range(0..254u64)]),
        5 => -Fr::one() / Fr::from(2u64) + Fr::from(rng.gen_range(0..3u64)),
        6 => Fr::from(rng.next_u64()),
        _ => Fr::rand(rng),
    }
}

fn multiplications_agree<C: Curve>(kind: &str, n_bases: usize, seed: u64)
where
    C::Projective: VariableBaseMSM<MulBase = C::Affine>,
{
    let Some(ifma) = super::vectors() else { return };
    let mut rng = StdRng::seed_from_u64(seed);
    let all_windows = [(13, 1), (10, 1), (13, 4), (8, 2)].map(|(bits, sets)| Windows { bits, sets });
    let rounds = wanted().div_ceil(n_bases * all_windows.len());
    let scratch = Scratch::<C>::new(ifma);
    for windows in all_windows {
        let mut bases: Vec<C::Affine> = mixed_points(n_bases, &mut rng);
        bases.iter_mut().step_by(37).for_each(|base| *base = C::Affine::zero());
        let packed: Vec<C::Packed> = bases.iter().map(C::pack).collect();
        let table = tables::build::<C>(ifma, windows, &packed);
        let skipped: Vec<bool> = packed.iter().map(Packed::is_infinity).collect();
        for _ in 0..rounds {
            let scalars: Vec<Fr> = (0..n_bases).map(|_| scalar(&mut rng)).collect();
            let words: Vec<[u64; 4]> = scalars.iter().map(|scalar| scalar.into_bigint().0).collect();
            let sum = multiply(Bases { windows, table: &table, skipped: &skipped }, &words, &scratch);
            let expected = C::Projective::msm(&bases, &scalars).expect("as many scalars as bases");
            assert!(sum.into_affine() == expected.into_affine(), "{kind}, {windows:?}");
        }
    }
    counted(kind, rounds * n_bases * all_windows.len());
}

#[test]
fn multiplications_in_g1() {
    multiplications_agree::<G1>("bases of G1 with scalars", 2048, 105);
}

#[test]
fn multiplications_in_g2() {
    multiplications_agree::<G2>("bases of G2 with scalars", 512, 106);
}

/// sum of values[i] root^(i j), in place, for a power of two of values (Cooley and Tukey, 1965).
fn transform(values: &mut [Fr], root: Fr) {
    let n = values.len();
    if n == 1 {
        return;
    }
    let (mut even, mut odd): (Vec<Fr>, Vec<Fr>) = values.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    rayon::join(|| transform(&mut even, root.square()), || transform(&mut odd, root.square()));
    let mut power = Fr::one();
    for i in 0..n / 2 {
        let turned = power * odd[i];
        (values[i], values[i + n / 2]) = (even[i] + turned, even[i] - turned);
        power *= root;
    }
}

struct Canonical<'a>(&'a [Scalars]);

impl Kernel for Canonical<'_> {
    type Output = Vec<[u64; 4]>;

    #[inline(always)]
    fn run(self, ifma: Ifma) -> Vec<[u64; 4]> {
        let one = Element::splat(ifma, [1, 0, 0, 0]);
        self.0.iter().flat_map(|vector| vector.mul(one).canonical().to_integers()).collect()
    }
}

#[test]
fn transforms() {
    let Some(ifma) = super::vectors() else { return };
    let mut rng = StdRng::seed_from_u64(107);
    let mut count = 0;
    for round in 0.. {
        if count >= wanted() {
            break;
        }
        let n = 1usize << (7 + round % 10);
        let values: Vec<Fr> = match round % 4 {
            0 => (0..n).map(|_| -Fr::one()).collect(),
            _ => (0..n).map(|_| scalar(&mut rng)).collect(),
        };
        let root = Fr::get_root_of_unity(2 * n as u64).expect("a root exists");
        let mut expected = values.clone();
        transform(&mut expected, root.square().inverse().expect("a root is invertible"));
        let mut factor = Fr::from(n as u64).inverse().expect("n is invertible");
        for coefficient in &mut expected {
            *coefficient *= factor;
            factor *= root;
        }
        transform(&mut expected, root.square());
        let mut vectors = to_vectors(ifma, &values);
        Transform::new(ifma, n).expect("the domain exists").to_coset(&mut vectors);
        let moved = ifma.run(Canonical(&vectors));
        assert!(moved.iter().zip(&expected).all(|(words, value)| *words == value.into_bigint().0), "n = {n}");
        count += n;
    }
    counted("values moved by transforms", count);
}
