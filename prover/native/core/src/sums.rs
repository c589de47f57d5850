// SPDX-License-Identifier: Apache-2.0
//! Sums of many groups of points at once, as trees of batched additions.

use crate::batch::{prefetch_point, Batch, Kept, Pair, BATCH};
use crate::machine::lanes::Ifma;
use crate::points::{Curve, Packed};

/// How many groups ahead points are fetched.
const AHEAD: usize = 8;

/// Scratch memory of one thread, kept between calls.
pub struct Summation<C: Curve> {
    ifma: Ifma,
    pairs: Vec<Pair>,
    kept: Vec<Kept<C>>,
    slots: Vec<C::Packed>,
    /// First slot and number of points of each group that still has more than one.
    open: Vec<(u32, u32)>,
    infinity: bool,
}

impl<C: Curve> Summation<C> {
    pub fn new(ifma: Ifma) -> Self {
        let (pairs, kept) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH / 8));
        Self { ifma, pairs, kept, slots: Vec::new(), open: Vec::new(), infinity: false }
    }

    /// Writes to `out[g]` the sum of the points of `table` that `entries[bounds[g]..bounds[g + 1]]` name: twice the
    /// place, plus one for the negated point. `table` is canonical and no entry names a point at infinity; a sum may be
    /// infinity. Where `entries` are not negated, `table` need not be canonical.
    pub fn sum(&mut self, table: &[C::Packed], entries: &[u32], bounds: &[u32], out: &mut [C::Packed]) {
        // Never shrunk, never cleared: every slot is written before it is read.
        let n_slots: usize = bounds.windows(2).map(|bound| (bound[1] - bound[0]).div_ceil(2) as usize).sum();
        if self.slots.len() < n_slots {
            self.slots.resize(n_slots, C::Packed::INFINITY);
        }
        self.open.clear();
        self.infinity = false;
        self.first_level(table, entries, bounds);
        while !self.open.is_empty() {
            self.next_level();
        }
        let mut slot = 0;
        for (sum, bound) in out.iter_mut().zip(bounds.windows(2)) {
            let size = (bound[1] - bound[0]) as usize;
            *sum = if size == 0 { C::Packed::INFINITY } else { self.slots[slot] };
            slot += size.div_ceil(2);
        }
    }

    /// Pairs of neighbours from the table into the slots, half as many per group.
    fn first_level(&mut self, table: &[C::Packed], entries: &[u32], bounds: &[u32]) {
        let mut slot = 0;
        for (number, bound) in bounds.windows(2).enumerate() {
            if let Some([start, end]) = bounds.get(number + AHEAD..number + AHEAD + 2) {
                // The point left over, anywhere in the table.
                if (end - start) % 2 == 1 {
                    prefetch_point(&table[(entries[*end as usize - 1] >> 1) as usize]);
                }
            }
            let group = &entries[bound[0] as usize..bound[1] as usize];
            let start = slot;
            let (couples, single) = group.as_chunks::<2>();
            for [first, second] in couples {
                self.pairs.push(Pair { first: *first, second: *second, target: slot });
                slot += 1;
                if self.pairs.len() == BATCH {
                    self.flush(Some(table));
                }
            }
            for entry in single {
                let point = table[(entry >> 1) as usize];
                self.slots[slot as usize] = if entry & 1 == 1 { point.negated() } else { point };
                slot += 1;
            }
            if slot - start > 1 {
                self.open.push((start, slot - start));
            }
        }
        self.flush(Some(table));
    }

    /// Adds the second half of each group's slots to the first.
    fn next_level(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        for (start, n_slots) in &mut open {
            let kept = n_slots.div_ceil(2);
            for i in 0..*n_slots / 2 {
                let target = *start + i;
                self.pairs.push(Pair { first: target << 1, second: (target + kept) << 1, target });
                if self.pairs.len() == BATCH {
                    self.flush(None);
                }
            }
            *n_slots = kept;
        }
        self.flush(None);
        open.retain(|(_, n_slots)| *n_slots > 1);
        self.open = open;
    }

    fn flush(&mut self, table: Option<&[C::Packed]>) {
        if self.pairs.is_empty() {
            return;
        }
        let careful = self.infinity && table.is_none();
        self.infinity |= self.ifma.run(Batch {
            table,
            slots: &mut self.slots,
            pairs: &self.pairs,
            kept: &mut self.kept,
            careful,
        });
        self.pairs.clear();
    }
}
