// SPDX-License-Identifier: Apache-2.0
//! Eight 64-bit lanes of an AVX-512 register, with the 52-bit multiply-add of IFMA.
//!
//! A value of `Lanes` or `Mask` exists only where an `Ifma` token does, and a token only where the processor has the
//! instructions: that is the whole safety argument of the intrinsics below. Code on lanes is compiled for the
//! instructions by being inlined into `Ifma::run`, hence `#[inline(always)]` throughout.

use std::arch::x86_64::*;

/// Proof that the processor has AVX-512 F, DQ, BW, VL, IFMA and VBMI2.
#[derive(Clone, Copy)]
pub struct Ifma(());

/// Work to be compiled for the vector instructions; `run` must be `#[inline(always)]`.
pub trait Kernel {
    type Output;
    fn run(self, ifma: Ifma) -> Self::Output;
}

impl Ifma {
    /// The token, `None` on a processor without the instructions.
    pub fn detect() -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi2");
        present.then_some(Self(()))
    }

    /// Runs `kernel`, compiled for the vector instructions.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: the token says that the processor has the instructions.
        unsafe { enter(self, kernel) }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma,avx512vbmi2,bmi1,bmi2,adx")]
fn enter<K: Kernel>(ifma: Ifma, kernel: K) -> K::Output {
    kernel.run(ifma)
}

/// Eight unsigned 64-bit lanes, wrapping arithmetic.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Lanes(__m512i);

/// One bit per lane.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Mask(__mmask8);

impl Mask {
    /// Lane 0 in the lowest bit.
    #[inline(always)]
    pub fn from_bits(_ifma: Ifma, bits: u8) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub fn bits(self) -> u8 {
        self.0
    }

    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    pub fn not(self) -> Self {
        Self(!self.0)
    }
}

// SAFETY of every block below: a `Lanes` or an `Ifma` is in reach, so the processor has the instructions. The loads and
// stores go through references to arrays of exactly the register's size and need no alignment.
impl Lanes {
    #[inline(always)]
    pub fn splat(_ifma: Ifma, value: u64) -> Self {
        Self(unsafe { _mm512_set1_epi64(value as i64) })
    }

    #[inline(always)]
    pub fn zero(_ifma: Ifma) -> Self {
        Self(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    pub fn load(_ifma: Ifma, words: &[u64; 8]) -> Self {
        Self(unsafe { _mm512_loadu_si512(words.as_ptr().cast()) })
    }

    #[inline(always)]
    pub fn store(self, words: &mut [u64; 8]) {
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), self.0) }
    }

    /// The token that made this value.
    #[inline(always)]
    pub fn ifma(self) -> Ifma {
        Ifma(())
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub fn sub(self, other: Self) -> Self {
        Self(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }

    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }

    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    /// self + (low 52 bits of the product of the low 52 bits of a and b).
    #[inline(always)]
    pub fn multiply_add_low(self, a: Self, b: Self) -> Self {
        Self(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }

    /// self + (bits 52 to 103 of the product of the low 52 bits of a and b).
    #[inline(always)]
    pub fn multiply_add_high(self, a: Self, b: Self) -> Self {
        Self(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }

    #[inline(always)]
    pub fn shift_left<const BITS: u32>(self) -> Self {
        Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
    }

    #[inline(always)]
    pub fn shift_right<const BITS: u32>(self) -> Self {
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }

    /// Shift of the lanes as signed integers.
    #[inline(always)]
    pub fn shift_right_signed<const BITS: u32>(self) -> Self {
        Self(unsafe { _mm512_srai_epi64::<BITS>(self.0) })
    }

    /// The low 64 bits of (high * 2^64 + self) >> BITS.
    #[inline(always)]
    pub fn shift_right_pair<const BITS: i32>(self, high: Self) -> Self {
        Self(unsafe { _mm512_shrdi_epi64::<BITS>(self.0, high.0) })
    }

    /// Lane i of the result is lane `self[i] mod 8` of `table`.
    #[inline(always)]
    pub fn look_up(self, table: Self) -> Self {
        Self(unsafe { _mm512_permutexvar_epi64(self.0, table.0) })
    }

    /// Lanes in which self and other have a common bit.
    #[inline(always)]
    pub fn common_bits(self, other: Self) -> Mask {
        Mask(unsafe { _mm512_test_epi64_mask(self.0, other.0) })
    }

    /// Lanes whose highest bit is set.
    #[inline(always)]
    pub fn negative(self) -> Mask {
        Mask(unsafe { _mm512_movepi64_mask(self.0) })
    }

    /// minuend - self in the lanes of `mask`, self elsewhere.
    #[inline(always)]
    pub fn subtract_from_where(self, mask: Mask, minuend: Self) -> Self {
        Self(unsafe { _mm512_mask_sub_epi64(self.0, mask.0, minuend.0, self.0) })
    }

    /// `other` in the lanes of `mask`, self elsewhere.
    #[inline(always)]
    pub fn replace_where(self, mask: Mask, other: Self) -> Self {
        Self(unsafe { _mm512_mask_mov_epi64(self.0, mask.0, other.0) })
    }

    /// Rows become columns.
    #[inline(always)]
    pub fn transpose(rows: [Self; 8]) -> [Self; 8] {
        unsafe {
            let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
            let (even_a, odd_a) = (_mm512_unpacklo_epi64(r0.0, r1.0), _mm512_unpackhi_epi64(r0.0, r1.0));
            let (even_b, odd_b) = (_mm512_unpacklo_epi64(r2.0, r3.0), _mm512_unpackhi_epi64(r2.0, r3.0));
            let (even_c, odd_c) = (_mm512_unpacklo_epi64(r4.0, r5.0), _mm512_unpackhi_epi64(r4.0, r5.0));
            let (even_d, odd_d) = (_mm512_unpacklo_epi64(r6.0, r7.0), _mm512_unpackhi_epi64(r6.0, r7.0));
            let (e04_ab, e26_ab) =
                (_mm512_shuffle_i64x2::<0x88>(even_a, even_b), _mm512_shuffle_i64x2::<0xdd>(even_a, even_b));
            let (e04_cd, e26_cd) =
                (_mm512_shuffle_i64x2::<0x88>(even_c, even_d), _mm512_shuffle_i64x2::<0xdd>(even_c, even_d));
            let (o04_ab, o26_ab) =
                (_mm512_shuffle_i64x2::<0x88>(odd_a, odd_b), _mm512_shuffle_i64x2::<0xdd>(odd_a, odd_b));
            let (o04_cd, o26_cd) =
                (_mm512_shuffle_i64x2::<0x88>(odd_c, odd_d), _mm512_shuffle_i64x2::<0xdd>(odd_c, odd_d));
            [
                Self(_mm512_shuffle_i64x2::<0x88>(e04_ab, e04_cd)),
                Self(_mm512_shuffle_i64x2::<0x88>(o04_ab, o04_cd)),
                Self(_mm512_shuffle_i64x2::<0x88>(e26_ab, e26_cd)),
                Self(_mm512_shuffle_i64x2::<0x88>(o26_ab, o26_cd)),
                Self(_mm512_shuffle_i64x2::<0xdd>(e04_ab, e04_cd)),
                Self(_mm512_shuffle_i64x2::<0xdd>(o04_ab, o04_cd)),
                Self(_mm512_shuffle_i64x2::<0xdd>(e26_ab, e26_cd)),
                Self(_mm512_shuffle_i64x2::<0xdd>(o26_ab, o26_cd)),
            ]
        }
    }
}

/// Asks the processor to bring `place` into its first cache.
#[inline(always)]
pub fn prefetch<T>(place: &T) {
    // SAFETY: a prefetch of any address is harmless, and every x86-64 processor has SSE.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Transposed;
    impl Kernel for Transposed {
        type Output = ();
        #[inline(always)]
        fn run(self, ifma: Ifma) {
            let mut rows = [Lanes::zero(ifma); 8];
            for (i, row) in rows.iter_mut().enumerate() {
                let words: [u64; 8] = std::array::from_fn(|j| (8 * i + j) as u64);
                *row = Lanes::load(ifma, &words);
            }
            for (j, column) in Lanes::transpose(rows).into_iter().enumerate() {
                let mut words = [0; 8];
                column.store(&mut words);
                assert_eq!(words, std::array::from_fn(|i| (8 * i + j) as u64));
            }
        }
    }

    #[test]
    fn rows_become_columns() {
        if let Some(ifma) = Ifma::detect() {
            ifma.run(Transposed);
        }
    }
}
