// SPDX-License-Identifier: Apache-2.0
mod field;
mod multiply;
mod prover;
mod quadratic;
mod tablefile;
mod transform;
