// SPDX-License-Identifier: Apache-2.0
//! Both engines on one key: the same sums, and the same proof for the same blinding factors.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, PrimeField, UniformRand, Zero};
use snarkrs_lib::formats::Coefficients;
use snarkrs_lib::rand::{rngs::StdRng, Rng, SeedableRng};
use snarkrs_lib::{ProvingKey, VerifyingKey};

use crate::assemble::{assemble, Blinding, Deltas};
use crate::prover::{Choice, Options, Prover, Refusal};
use crate::Timings;

const N_WIRES: usize = 300;
const N_PUBLIC: usize = 3;

/// A key that no setup made: random points, some of them equal, opposite or infinite, and random matrices.
fn arbitrary_key(domain_size: usize, seed: u64) -> ProvingKey {
    let mut rng = StdRng::seed_from_u64(seed);
    fn point<A: AffineRepr<ScalarField = Fr>>(rng: &mut StdRng) -> A {
        let factor = match rng.gen_range(0..6) {
            0 => Fr::zero(),
            1 => Fr::one(),
            2 => -Fr::one(),
            _ => Fr::rand(rng),
        };
        (A::generator() * factor).into_affine()
    }
    let g1 = |rng: &mut StdRng, n: usize| -> Vec<G1Affine> { (0..n).map(|_| point(rng)).collect() };
    let g2 = |rng: &mut StdRng, n: usize| -> Vec<G2Affine> { (0..n).map(|_| point(rng)).collect() };
    let random_g1 = |rng: &mut StdRng| (G1Affine::generator() * Fr::rand(rng)).into_affine();
    let random_g2 = |rng: &mut StdRng| (G2Affine::generator() * Fr::rand(rng)).into_affine();
    let matrix = |rng: &mut StdRng| {
        let (mut bounds, mut wires, mut values) = (vec![0], vec![], vec![]);
        for _ in 0..domain_size {
            for _ in 0..rng.gen_range(0..4) {
                wires.push(rng.gen_range(0..N_WIRES as u32));
                values.push(if rng.gen() { Fr::one() } else { Fr::rand(rng) });
            }
            bounds.push(wires.len() as u32);
        }
        (bounds, wires, values)
    };
    let (a, b) = (matrix(&mut rng), matrix(&mut rng));
    let (alpha_g1, beta_g2, delta_g2) = (random_g1(&mut rng), random_g2(&mut rng), random_g2(&mut rng));
    ProvingKey {
        n_vars: N_WIRES,
        n_public: N_PUBLIC,
        domain_size,
        alpha_g1,
        beta_g1: random_g1(&mut rng),
        beta_g2,
        delta_g1: random_g1(&mut rng),
        delta_g2,
        a_query: g1(&mut rng, N_WIRES),
        b_g1_query: g1(&mut rng, N_WIRES),
        b_g2_query: g2(&mut rng, N_WIRES),
        l_query: g1(&mut rng, N_WIRES - N_PUBLIC - 1),
        h_query: g1(&mut rng, domain_size),
        coeffs: Coefficients { row_ptr: [a.0, b.0], signal: [a.1, b.1], value: [a.2, b.2] },
        vk: VerifyingKey {
            alpha_g1,
            beta_g2,
            gamma_g2: G2Affine::generator(),
            delta_g2,
            ic: g1(&mut rng, N_PUBLIC + 1),
        },
    }
}

fn prover(domain_size: usize, engine: Choice, lean: bool) -> Prover {
    let options = Options { engine, lean, tables: None };
    Prover::new(arbitrary_key(domain_size, 17), &options).expect("the key is well formed")
}

fn witness(rng: &mut StdRng) -> Vec<[u64; 4]> {
    let mut wires: Vec<Fr> = (0..N_WIRES)
        .map(|_| match rng.gen_range(0..4) {
            0 => Fr::rand(rng),
            1 => -Fr::from(rng.gen::<u32>()),
            other => Fr::from(other % 2u64),
        })
        .collect();
    wires[0] = Fr::one();
    wires.iter().map(|wire| wire.into_bigint().0).collect()
}

#[test]
fn both_engines_make_the_same_proof_from_the_same_randomness() {
    if super::vectors().is_none() {
        return;
    }
    let mut rng = StdRng::seed_from_u64(23);
    for domain_size in [128, 512] {
        let portable = prover(domain_size, Choice::Portable, false);
        for lean in [false, true] {
            let vector = prover(domain_size, Choice::Vector, lean);
            assert_eq!((vector.engine_name(), portable.engine_name()), ("vector", "portable"));
            for seed in 0..3 {
                let words = witness(&mut rng);
                let proofs = [&vector, &portable].map(|prover| {
                    let sums = prover.multiply(&words, &mut Timings::default()).expect("the engine works");
                    let blinding = Blinding::draw(&mut StdRng::seed_from_u64(seed));
                    assemble(prover.key(), &sums, &blinding, blinding.multiples(&Deltas::new(prover.key())))
                });
                assert_eq!(proofs[0], proofs[1], "domain of {domain_size}, lean: {lean}");
            }
        }
    }
}

#[test]
fn a_small_domain_is_left_to_the_portable_engine() {
    assert_eq!(prover(64, Choice::Automatic, false).engine_name(), "portable");
}

#[test]
fn a_witness_that_does_not_satisfy_the_circuit_yields_false_proof() {
    for engine in [Choice::Automatic, Choice::Portable] {
        let words = witness(&mut StdRng::seed_from_u64(29));
        let outcome = prover(128, engine, false).prove(&words, &mut StdRng::seed_from_u64(31));
        assert!(matches!(outcome, Err(Refusal::FalseProof(_))));
    }
}

#[test]
fn a_malformed_witness_yields_its_own_refusal() {
    let prover = prover(128, Choice::Automatic, false);
    let words = witness(&mut StdRng::seed_from_u64(37));
    let refusal = |words: &[[u64; 4]]| prover.prove(words, &mut StdRng::seed_from_u64(41)).expect_err("malformed");
    assert!(matches!(refusal(&words[1..]), Refusal::WitnessLength { got: 299, expected: 300 }));
    let mut changed = words.clone();
    changed[0] = [2, 0, 0, 0];
    assert!(matches!(refusal(&changed), Refusal::ConstantWire));
    let mut changed = words;
    changed[7] = Fr::MODULUS.0;
    assert!(matches!(refusal(&changed), Refusal::OutOfRange { wire: 7 }));
}
