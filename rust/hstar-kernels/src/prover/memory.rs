//! Buffers of packs that start on a cache line, and shared access to disjoint parts of them.

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use std::sync::{Mutex, MutexGuard, PoisonError};

use hstar_field::{LANES, Pack, ZERO_PACK};
use memmap2::MmapMut;

/// Words before the first pack at most, so that it can start on a cache line: an unaligned pack costs a second load for
/// every plane.
const SLACK: usize = LANES;
const PACK_WORDS: usize = 6 * LANES;
/// Smaller buffers are cheap to allocate.
const POOLED_WORDS: usize = 1 << 18;
/// Most words that wait for their next use.
const MAX_POOL_WORDS: usize = 1 << 29;

/// Words that a buffer lies in: from the allocator, or pages of their own, large ones where the system has them.
enum Memory {
    Allocated(Vec<u32>),
    Mapped(MmapMut),
}

impl Default for Memory {
    fn default() -> Self {
        Self::Allocated(Vec::new())
    }
}

impl Memory {
    /// Zeros.
    fn new(len: usize) -> Self {
        if len < POOLED_WORDS {
            return Self::Allocated(vec![0; len]);
        }
        match MmapMut::map_anon(len * size_of::<u32>()) {
            Ok(pages) => {
                // Refused where the system has no large pages; small ones serve as well, more slowly.
                #[cfg(target_os = "linux")]
                let _ = pages.advise(memmap2::Advice::HugePage);
                Self::Mapped(pages)
            }
            Err(_) => Self::Allocated(vec![0; len]),
        }
    }

    fn words(&self) -> &[u32] {
        match self {
            Self::Allocated(words) => words,
            // SAFETY: pages are aligned to more than a word, and every pattern of bits is a word.
            Self::Mapped(pages) => unsafe { pages.align_to().1 },
        }
    }

    fn words_mut(&mut self) -> &mut [u32] {
        match self {
            Self::Allocated(words) => words,
            // SAFETY: as above.
            Self::Mapped(pages) => unsafe { pages.align_to_mut().1 },
        }
    }
}

/// Memory of buffers that were dropped. Fresh memory costs page faults when it is first written: with small pages up to a
/// third of the time of a pass over it.
static POOL: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

fn pool() -> MutexGuard<'static, Vec<Memory>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The smallest pooled memory that is large enough and not much too large, else new zeros.
fn take_memory(len: usize) -> Memory {
    if len < POOLED_WORDS {
        return Memory::new(len);
    }
    let mut pool = pool();
    let size = |index: usize, pool: &[Memory]| pool[index].words().len();
    let fitting = (0..pool.len()).filter(|&i| (len..=2 * len).contains(&size(i, &pool)));
    match fitting.min_by_key(|&i| size(i, &pool)) {
        Some(index) => pool.swap_remove(index),
        None => Memory::new(len),
    }
}

/// Returns pooled memory to the system.
pub fn release_memory() {
    pool().clear();
}

/// Packs; the first one starts on a cache line.
#[derive(Default)]
pub struct Buffer {
    memory: Memory,
    first: usize,
    len: usize,
}

impl Buffer {
    /// `len` packs whose contents are unspecified.
    #[must_use]
    pub fn unspecified(len: usize) -> Self {
        let memory = take_memory(len * PACK_WORDS + SLACK);
        let first = memory.words().as_ptr().align_offset(64).min(SLACK);
        Self { memory, first, len }
    }

    /// `len` packs of zeros.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::unspecified(len);
        buffer.fill(ZERO_PACK);
        buffer
    }

    /// Makes it at least `len` packs long; if it was shorter, all contents become unspecified.
    pub fn grow(&mut self, len: usize) {
        if len > self.len {
            *self = Self::unspecified(len);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let size = self.memory.words().len();
        if size < POOLED_WORDS {
            return;
        }
        let mut pool = pool();
        let held: usize = pool.iter().map(|memory| memory.words().len()).sum();
        if held + size <= MAX_POOL_WORDS {
            pool.push(core::mem::take(&mut self.memory));
        }
    }
}

impl Deref for Buffer {
    type Target = [Pack];
    fn deref(&self) -> &[Pack] {
        let words = &self.memory.words()[self.first..self.first + self.len * PACK_WORDS];
        words.as_chunks::<LANES>().0.as_chunks::<6>().0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [Pack] {
        let words = &mut self.memory.words_mut()[self.first..self.first + self.len * PACK_WORDS];
        words.as_chunks_mut::<LANES>().0.as_chunks_mut::<6>().0
    }
}

/// A slice that several threads write to, each in ranges of its own.
#[derive(Clone, Copy)]
pub struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    _slice: PhantomData<&'a mut [T]>,
}

// SAFETY: access goes through `range`, whose callers promise that ranges in use at the same time are disjoint.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    /// Shares a slice.
    pub fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            _slice: PhantomData,
        }
    }

    /// `len` items from `start` on.
    ///
    /// # Safety
    /// Ranges that are alive at the same time must not overlap.
    #[must_use]
    pub unsafe fn range(&self, start: usize, len: usize) -> &'a mut [T] {
        assert!(start <= self.len && len <= self.len - start);
        // SAFETY: inside the slice; disjoint from all others by the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}
