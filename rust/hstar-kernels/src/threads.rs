//! The thread pool. It is built on first use, never at import, so that a fork before the first kernel is harmless.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use rayon::{ThreadPool, ThreadPoolBuilder};

static POOL: RwLock<Option<Arc<ThreadPool>>> = RwLock::new(None);
static WANTED: AtomicUsize = AtomicUsize::new(0);

fn build(num_threads: usize) -> Arc<ThreadPool> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(num_threads)
        .thread_name(|i| format!("hstar-{i}"))
        .build()
        .expect("the operating system refused to start worker threads");
    Arc::new(pool)
}

fn pool() -> Arc<ThreadPool> {
    if let Some(pool) = POOL.read().unwrap_or_else(|e| e.into_inner()).as_ref() {
        return Arc::clone(pool);
    }
    let mut slot = POOL.write().unwrap_or_else(|e| e.into_inner());
    Arc::clone(slot.get_or_insert_with(|| build(WANTED.load(Ordering::Relaxed))))
}

/// Uses `num_threads` threads from the next kernel on; 0 means one a core.
pub fn set_num_threads(num_threads: usize) {
    WANTED.store(num_threads, Ordering::Relaxed);
    *POOL.write().unwrap_or_else(|e| e.into_inner()) = None;
}

/// How many threads the kernels use.
#[must_use]
pub fn num_threads() -> usize {
    pool().current_num_threads()
}

/// Runs `work` inside the pool, so that every parallel iterator in it uses the pool's threads.
pub fn in_pool<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    pool().install(work)
}
