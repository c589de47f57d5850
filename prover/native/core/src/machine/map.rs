// SPDX-License-Identifier: Apache-2.0
//! Files mapped read-only into memory.

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// Maps the whole of `file`.
///
/// The file must not be truncated or written while it is mapped. The tables of this crate are only ever replaced by
/// `rename`, which leaves the mapped file as it is; another user of the same account who truncates it in place kills
/// the process (SIGBUS), and one who rewrites it makes proofs that fail the check before they are returned.
pub fn map_file(file: &File) -> io::Result<Mmap> {
    // SAFETY: the contract above; no code of this crate writes a table in place, and any bit pattern is a valid table
    // word, so that a foreign write yields a wrong value, never an invalid one.
    unsafe { Mmap::map(file) }
}
