// SPDX-License-Identifier: Apache-2.0
//! The border to Python: interpreter lock released, private thread pool, no panic crosses.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::OnceLock;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::Failure;

static POOL: OnceLock<Result<ThreadPool, String>> = OnceLock::new();

/// The module's own pool, one thread per available core (RAYON_NUM_THREADS overrides): the global pool of rayon may be
/// shared with other extension modules of the process.
fn pool() -> Result<&'static ThreadPool, Failure> {
    POOL.get_or_init(|| {
        ThreadPoolBuilder::new()
            .thread_name(|index| format!("zkrisk-{index}"))
            .build()
            .map_err(|error| error.to_string())
    })
    .as_ref()
    .map_err(|text| Failure::Internal(format!("thread pool: {text}")))
}

/// Runs `work` in the private pool without the interpreter lock; a panic becomes `NativeError`.
pub fn run<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Failure> + Send) -> PyResult<T> {
    let outcome = py.detach(|| {
        let pool = pool()?;
        catch_unwind(AssertUnwindSafe(|| pool.install(work)))
            .unwrap_or_else(|panic| Err(Failure::Internal(format!("internal error: {}", panic_text(panic.as_ref())))))
    });
    Ok(outcome?)
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
