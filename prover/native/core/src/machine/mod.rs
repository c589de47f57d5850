// SPDX-License-Identifier: Apache-2.0
//! The only module with `unsafe` code: vector instructions that the processor must have, and files mapped into memory.
//! Everything that it exports is safe to use.
#![allow(unsafe_code)]

pub mod lanes;
pub mod map;
