// SPDX-License-Identifier: Apache-2.0
//! Verification key in the JSON of snarkjs.

use ark_bn254::{Bn254, Fq, Fq2, Fq6, G1Affine, G2Affine};
use ark_ec::pairing::Pairing;
use serde_json::{json, Value};

use super::Points;
use crate::elements::to_integer;

pub fn to_json(n_public: usize, points: &Points) -> String {
    let alpha_beta = Bn254::pairing(points.alpha_g1, points.beta_g2).0;
    let document = json!({
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": n_public,
        "vk_alpha_1": g1(&points.alpha_g1),
        "vk_beta_2": g2(&points.beta_g2),
        "vk_gamma_2": g2(&points.gamma_g2),
        "vk_delta_2": g2(&points.delta_g2),
        "vk_alphabeta_12": [fq6(&alpha_beta.c0), fq6(&alpha_beta.c1)],
        "IC": points.k[..=n_public].iter().map(g1).collect::<Vec<Value>>(),
    });
    format!("{document:#}\n")
}

fn decimal(element: &Fq) -> String {
    to_integer(*element).to_string()
}

fn fq2(element: &Fq2) -> Value {
    json!([decimal(&element.c0), decimal(&element.c1)])
}

fn fq6(element: &Fq6) -> Value {
    json!([fq2(&element.c0), fq2(&element.c1), fq2(&element.c2)])
}

/// IC points at infinity (a public wire in no constraint) are written as snarkjs does, [0, 1, 0].
fn g1(point: &G1Affine) -> Value {
    if point.infinity {
        return json!(["0", "1", "0"]);
    }
    json!([decimal(&point.x), decimal(&point.y), "1"])
}

fn g2(point: &G2Affine) -> Value {
    json!([fq2(&point.x), fq2(&point.y), ["1", "0"]])
}
