// SPDX-License-Identifier: Apache-2.0
//! Tables on disk: what is written is read back, and nothing else is.

use std::fs;
use std::path::PathBuf;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;

use crate::digits::Windows;
use crate::points::{Curve, Packed, PackedG1, PackedG2, G1, G2};
use crate::tablefile::{Shape, Tables, A, B1, C, H};

const WINDOWS: Windows = Windows { bits: 8, sets: 16 };

fn shape() -> Shape {
    Shape { key_sha256: [7; 32], witness: WINDOWS, quotient: WINDOWS, n_bases: [2, 1, 1, 3, 1] }
}

/// Tables of the shape, filled with generators.
fn tables() -> Tables {
    let shape = shape();
    let g1 = |query: usize| -> Vec<PackedG1> {
        vec![G1::pack(&G1Affine::generator()); shape.n_bases[query] * WINDOWS.rows()]
    };
    let g2: Vec<PackedG2> = vec![G2::pack(&G2Affine::generator()); WINDOWS.rows()];
    Tables::Owned { g1: [g1(A), g1(B1), g1(C), g1(H)], g2 }
}

/// A file of its own for each test, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("zkrisk-tables-{name}-{}", std::process::id())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn tables_are_read_back_as_written() {
    let place = Place::new("back");
    tables().save(&place.0, &shape()).expect("the disk has room");
    let opened = Tables::open(&place.0, shape()).expect("the file fits");
    assert!(opened.intact());
    for query in [A, B1, C, H] {
        assert_eq!(opened.g1(query), tables().g1(query));
    }
    assert_eq!(opened.g2(), tables().g2());
}

#[test]
fn tables_of_another_key_or_shape_are_not_opened() {
    let place = Place::new("other");
    tables().save(&place.0, &shape()).expect("the disk has room");
    let other_key = Shape { key_sha256: [8; 32], ..shape() };
    let other_windows = Shape { witness: Windows { bits: 16, sets: 8 }, ..shape() };
    let other_size = Shape { n_bases: [2, 1, 1, 3, 2], ..shape() };
    for other in [other_key, other_windows, other_size] {
        assert!(Tables::open(&place.0, other).is_none());
    }
}

#[test]
fn a_file_cut_short_or_of_another_format_is_not_opened() {
    let place = Place::new("cut");
    tables().save(&place.0, &shape()).expect("the disk has room");
    let content = fs::read(&place.0).expect("the file is there");
    for broken in [&content[..content.len() - 64], &content[..100], &[]] {
        fs::write(&place.0, broken).expect("the disk has room");
        assert!(Tables::open(&place.0, shape()).is_none());
    }
    let mut other_format = content;
    other_format[0] ^= 1;
    fs::write(&place.0, other_format).expect("the disk has room");
    assert!(Tables::open(&place.0, shape()).is_none());
}

#[test]
fn a_changed_point_is_found_by_the_checksum() {
    let place = Place::new("changed");
    tables().save(&place.0, &shape()).expect("the disk has room");
    let mut content = fs::read(&place.0).expect("the file is there");
    let middle = content.len() - 1000;
    content[middle] ^= 1;
    fs::write(&place.0, content).expect("the disk has room");
    assert!(!Tables::open(&place.0, shape()).expect("the header fits").intact());
}

#[test]
fn a_folder_that_does_not_exist_raises_an_error_and_leaves_nothing() {
    let missing = std::env::temp_dir().join("zkrisk-no-such-folder").join("tables");
    assert!(tables().save(&missing, &shape()).is_err());
    assert!(!missing.exists());
}

#[test]
fn infinity_is_no_other_point() {
    assert!(!G1::pack(&G1Affine::generator()).is_infinity());
    assert!(G1::pack(&G1Affine::identity()).is_infinity());
    assert!(G2::pack(&G2Affine::identity()).is_infinity());
}
