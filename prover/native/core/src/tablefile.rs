// SPDX-License-Identifier: Apache-2.0
//! Tables of a key beside the key: written once, mapped into memory from then on.
//!
//! The file is a page of header and the five tables. The header names the format, the shape of every table and the key;
//! a file whose header or length differs from what the key asks for is not used. Reading the header is all that opening
//! costs; the checksum of the tables is compared when a proof turns out false.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use memmap2::{Mmap, MmapMut};
use rayon::prelude::*;
use zerocopy::{FromBytes, IntoBytes};

use crate::digits::Windows;
use crate::machine::map::map_file;
use crate::points::{Packed, PackedG1, PackedG2};

const MAGIC: [u8; 8] = *b"zkrisktb";
const VERSION: u64 = 1;
/// A page, so that the tables are aligned.
const HEADER_BYTES: usize = 4096;
/// Bytes of the checksum, the last of the header.
const CHECKSUM: Range<usize> = HEADER_BYTES - 8..HEADER_BYTES;
const CHECKSUM_BLOCK: usize = 1 << 20;

/// What distinguishes the tables of one key.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// SHA-256 of the key file.
    pub key_sha256: [u8; 32],
    /// Digits of the witness queries and of the quotient's query.
    pub witness: Windows,
    pub quotient: Windows,
    /// Bases of the queries A, B in G1, C, H, and B in G2.
    pub n_bases: [usize; 5],
}

/// The queries in the order of the file.
pub const A: usize = 0;
pub const B1: usize = 1;
pub const C: usize = 2;
pub const H: usize = 3;
pub const B2: usize = 4;

impl Shape {
    pub fn windows(&self, query: usize) -> Windows {
        if query == H {
            self.quotient
        } else {
            self.witness
        }
    }

    /// Bytes of the table of `query`.
    fn bytes(&self, query: usize) -> usize {
        let point = if query == B2 { size_of::<PackedG2>() } else { size_of::<PackedG1>() };
        self.n_bases[query] * self.windows(query).rows() * point
    }

    /// Where the table of `query` lies in the file.
    fn range(&self, query: usize) -> Range<usize> {
        let start = HEADER_BYTES + (0..query).map(|earlier| self.bytes(earlier)).sum::<usize>();
        start..start + self.bytes(query)
    }

    /// The header but for the checksum.
    fn header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&self.key_sha256);
        for windows in [self.witness, self.quotient] {
            header.extend_from_slice(&windows.bits.to_le_bytes());
            header.extend_from_slice(&windows.sets.to_le_bytes());
        }
        for n in self.n_bases {
            header.extend_from_slice(&(n as u64).to_le_bytes());
        }
        header.resize(CHECKSUM.start, 0);
        header
    }
}

/// The five tables, in memory or mapped.
pub enum Tables {
    Owned { g1: [Vec<PackedG1>; 4], g2: Vec<PackedG2> },
    /// `quotient` is a copy of the table H in huge pages, made in the background: every proof uses all of its points, in
    /// random order.
    Mapped { map: Mmap, shape: Shape, quotient: Arc<OnceLock<MmapMut>> },
}

impl Tables {
    /// The tables in the file at `path`; `None` if there is none that fits `shape`.
    pub fn open(path: &Path, shape: Shape) -> Option<Self> {
        let file = File::open(path).ok()?;
        let map = map_file(&file).ok()?;
        let fits = map.len() == shape.range(B2).end && map[..CHECKSUM.start] == shape.header();
        if !fits {
            return None;
        }
        let quotient = Arc::new(OnceLock::new());
        let (slot, range) = (Arc::clone(&quotient), shape.range(H));
        // Without a thread, memory or huge pages the mapped table serves as well, only slower.
        let _ = thread::Builder::new().name("zkrisk-tables".into()).spawn(move || {
            if let Ok(copy) = copy_to_huge_pages(file, &range) {
                let _ = slot.set(copy);
            }
        });
        Some(Self::Mapped { map, shape, quotient })
    }

    /// Writes tables to the file at `path`, which appears complete or not at all.
    pub fn save(&self, path: &Path, shape: &Shape) -> io::Result<()> {
        let temporary = temporary_name(path);
        let outcome = self.write(&temporary, shape).and_then(|()| fs::rename(&temporary, path));
        if outcome.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_file(&temporary);
        }
        outcome
    }

    fn write(&self, path: &Path, shape: &Shape) -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&shape.header())?;
        let mut sum = 0u64;
        for query in [A, B1, C, H, B2] {
            sum = sum.rotate_left(1) ^ checksum(self.bytes(query));
        }
        file.write_all(&sum.to_le_bytes())?;
        for query in [A, B1, C, H, B2] {
            file.write_all(self.bytes(query))?;
        }
        file.into_inner()?;
        Ok(())
    }

    /// Whether mapped tables still have the checksum that they were written with. Tables in memory always have.
    pub fn intact(&self) -> bool {
        let Self::Mapped { map, .. } = self else { return true };
        let mut sum = 0u64;
        for query in [A, B1, C, H, B2] {
            sum = sum.rotate_left(1) ^ checksum(self.bytes(query));
        }
        map[CHECKSUM] == sum.to_le_bytes()
    }

    /// The table of one of the queries A, B1, C, H.
    pub fn g1(&self, query: usize) -> &[PackedG1] {
        match self {
            Self::Owned { g1, .. } => &g1[query],
            Self::Mapped { map, shape, quotient } => match quotient.get() {
                Some(copy) if query == H => cast(copy),
                _ => cast(&map[shape.range(query)]),
            },
        }
    }

    /// The table of the query B2.
    pub fn g2(&self) -> &[PackedG2] {
        match self {
            Self::Owned { g2, .. } => g2,
            Self::Mapped { map, shape, .. } => cast(&map[shape.range(B2)]),
        }
    }

    fn bytes(&self, query: usize) -> &[u8] {
        if query == B2 {
            self.g2().as_bytes()
        } else {
            self.g1(query).as_bytes()
        }
    }
}

/// Sound because the header fills a page and the sizes are whole points; a mismatch would yield an empty table.
fn cast<P: Packed>(bytes: &[u8]) -> &[P] {
    <[P]>::ref_from_bytes(bytes).unwrap_or_default()
}

/// Files begun by this process.
static SAVED: AtomicU64 = AtomicU64::new(0);

/// A copy of some bytes of `file` in anonymous memory.
fn copy_to_huge_pages(mut file: File, range: &Range<usize>) -> io::Result<MmapMut> {
    let mut copy = MmapMut::map_anon(range.len())?;
    #[cfg(target_os = "linux")]
    copy.advise(memmap2::Advice::HugePage)?;
    file.seek(SeekFrom::Start(range.start as u64))?;
    file.read_exact(&mut copy)?;
    Ok(copy)
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    let number = SAVED.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}.{number}", std::process::id()));
    PathBuf::from(name)
}

/// A checksum against accidents, not against an adversary: FNV-1a over 64-bit words, block by block.
fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    let blocks: Vec<u64> = bytes
        .par_chunks(CHECKSUM_BLOCK)
        .map(|block| {
            let (words, _) = block.as_chunks::<8>();
            words.iter().fold(OFFSET, |sum, word| (sum ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME))
        })
        .collect();
    blocks.iter().fold(OFFSET, |sum, block| (sum ^ block).wrapping_mul(PRIME))
}
