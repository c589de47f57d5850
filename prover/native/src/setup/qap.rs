// SPDX-License-Identifier: Apache-2.0
//! The quadratic arithmetic program of a constraint system, evaluated at the secret point tau.

use ark_bn254::Fr;
use ark_ff::{batch_inversion, FftField, Field, One, Zero};
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::r1cs::ConstraintSystem;
use super::Secrets;
use crate::errors::Failure;

/// Scalars of the key's points, all secret: each reveals tau to whoever reads it.
pub struct Evaluations {
    pub domain_size: usize,
    /// A_s(tau) by wire s.
    pub a: Zeroizing<Vec<Fr>>,
    /// B_s(tau) by wire s.
    pub b: Zeroizing<Vec<Fr>>,
    /// beta A_s + alpha B_s + C_s, divided by delta for the private wires and by gamma = 1 for the others.
    pub k: Zeroizing<Vec<Fr>>,
    /// L_{2i+1}(tau) / delta over the doubled domain, i below domain_size.
    pub h: Zeroizing<Vec<Fr>>,
}

/// The smallest power of two that holds the constraints and the n_public + 1 rows of the public wires.
fn domain_size(system: &ConstraintSystem) -> usize {
    (system.constraints.len() + system.n_public + 1).next_power_of_two().max(2)
}

pub fn evaluate(system: &ConstraintSystem, secrets: &Secrets) -> Result<Evaluations, Failure> {
    let domain_size = domain_size(system);
    let (basis, doubled_basis) =
        rayon::join(|| lagrange(domain_size, &secrets.tau), || lagrange(2 * domain_size, &secrets.tau));
    let (basis, doubled_basis) = (basis?, doubled_basis?);

    let zeros = || Zeroizing::new(vec![Fr::zero(); system.n_wires]);
    let (mut a, mut b, mut c) = (zeros(), zeros(), zeros());
    for (row, [left, right, output]) in basis.iter().zip(&system.constraints) {
        for (column, terms) in [(&mut a, left), (&mut b, right), (&mut c, output)] {
            for (wire, coefficient) in terms {
                column[*wire as usize] += *coefficient * row;
            }
        }
    }
    for (wire, row) in (0..=system.n_public).zip(&basis[system.constraints.len()..]) {
        a[wire] += row;
    }

    let singular = || Failure::Internal("delta is zero".into());
    let delta_inverse = Zeroizing::new(secrets.delta.inverse().ok_or_else(singular)?);
    let k = (0..system.n_wires)
        .into_par_iter()
        .map(|wire| {
            let sum = *secrets.beta * a[wire] + *secrets.alpha * b[wire] + c[wire];
            if wire > system.n_public {
                sum * *delta_inverse
            } else {
                sum
            }
        })
        .collect();
    let h = doubled_basis.par_iter().skip(1).step_by(2).map(|value| *value * *delta_inverse).collect();
    Ok(Evaluations { domain_size, a, b, k: Zeroizing::new(k), h: Zeroizing::new(h) })
}

/// Lagrange polynomials of the domain of `size` roots of unity at `tau`: L_i = (tau^n - 1) / n * w^i / (tau - w^i).
fn lagrange(size: usize, tau: &Fr) -> Result<Zeroizing<Vec<Fr>>, Failure> {
    let too_large = || Failure::Key(format!("r1cs: no domain of {size} points"));
    let generator = Fr::get_root_of_unity(size as u64).ok_or_else(too_large)?;
    let vanishing = tau.pow([size as u64]) - Fr::one();
    if vanishing.is_zero() {
        return Err(Failure::Internal("tau is a root of unity, draw again".into()));
    }
    let scale = vanishing * Fr::from(size as u64).inverse().ok_or_else(too_large)?;
    let roots: Vec<Fr> = std::iter::successors(Some(Fr::one()), |root| Some(*root * generator)).take(size).collect();
    let mut values = Zeroizing::new(roots.iter().map(|root| *tau - root).collect::<Vec<Fr>>());
    batch_inversion(&mut values);
    values.par_iter_mut().zip(&roots).for_each(|(value, root)| *value *= scale * root);
    Ok(values)
}
