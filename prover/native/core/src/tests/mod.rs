// SPDX-License-Identifier: Apache-2.0
mod evidence;
mod field;
mod multiply;
mod prover;
mod quadratic;
mod tablefile;
mod transform;

use std::cell::Cell;
use std::io::{stderr, Write};

use crate::machine::lanes::Ifma;

thread_local! {
    /// Whether this thread, which runs one test, has said that it skips it.
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

/// The vector instructions, unless the processor lacks them or `ZKRISK_NO_VECTORS` is set: then one line says, past the
/// capture of the test's output, that the test is skipped.
pub(crate) fn vectors() -> Option<Ifma> {
    let found = std::env::var_os("ZKRISK_NO_VECTORS").is_none().then(Ifma::detect).flatten();
    if found.is_none() && !TOLD.replace(true) {
        let test = std::thread::current();
        let name = test.name().unwrap_or("a test");
        writeln!(stderr(), "skipped: {name}: no AVX-512 IFMA").expect("stderr is open");
    }
    found
}
