// SPDX-License-Identifier: Apache-2.0
//! Products of eight pairs of elements before their reduction, so that sums of products share one.

use std::marker::PhantomData;

use crate::field::{Element, Modulus};
use crate::machine::lanes::Lanes;

/// Eight integers as ten signed limbs, of which number i counts 2^(52 i). A product has limbs below 10 * 2^52, which leaves
/// room for some hundred of them.
#[derive(Clone, Copy)]
pub struct Wide<M: Modulus>([Lanes; 10], PhantomData<M>);

impl<M: Modulus> Wide<M> {
    /// a b for carried a, b < 16 p.
    #[inline(always)]
    pub fn product(a: Element<M>, b: Element<M>) -> Self {
        a.check_multiplicable();
        b.check_multiplicable();
        let mut limbs = [Lanes::zero(a.limb(0).ifma()); 10];
        for i in 0..5 {
            for j in 0..5 {
                limbs[i + j] = limbs[i + j].multiply_add_low(a.limb(i), b.limb(j));
                limbs[i + j + 1] = limbs[i + j + 1].multiply_add_high(a.limb(i), b.limb(j));
            }
        }
        Self(limbs, PhantomData)
    }

    #[inline(always)]
    pub fn minus(mut self, other: Self) -> Self {
        for i in 0..10 {
            self.0[i] = self.0[i].sub(other.0[i]);
        }
        self
    }

    /// self + 2^260 p, which the reduction turns into self / 2^260 + p.
    #[inline(always)]
    pub fn plus_modulus(mut self) -> Self {
        let modulus = Element::<M>::modulus_times::<1>(self.0[0].ifma());
        for i in 0..5 {
            self.0[5 + i] = self.0[5 + i].add(modulus.limb(i));
        }
        self
    }

    /// self / 2^260 modulo p for self >= 0: below self / 2^260 + 1.13 p, with signed limbs below 2^58 in magnitude.
    #[inline(always)]
    pub fn reduced(self) -> Element<M> {
        Element::<M>::reduction(self.0)
    }
}
