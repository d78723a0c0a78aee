//! Rust guests of hstar (`no_std` with `alloc`): entry point, input, output, heap and accelerators. A thin layer over
//! the C library in `guests/lib`, which the build links to every guest; what a guest does not call is not linked.
//!
//! ```ignore
//! #![no_std]
//! #![no_main]
//! hstar_guest::entry!(main);
//! fn main() {
//!     let digest = hstar_guest::keccak256(hstar_guest::input());
//!     hstar_guest::write_output(&digest);
//! }
//! ```
#![no_std]

extern crate alloc;

mod accelerators;

pub use accelerators::*;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;

unsafe extern "C" {
    fn read_input(buf_ptr: *mut *const u8, buf_size: *mut usize);
    #[link_name = "write_output"]
    fn append_output(output: *const u8, size: usize);
    fn zkvm_random_u64() -> u64;
    fn exit(code: i32) -> !;
    static _heap_start: u8;
    static _heap_end: u8;
}

/// The private input.
#[must_use]
pub fn input() -> &'static [u8] {
    let (mut pointer, mut size) = (core::ptr::null(), 0);
    // SAFETY: the library fills both; the input region lives as long as the program and nothing writes to it.
    unsafe {
        read_input(&mut pointer, &mut size);
        core::slice::from_raw_parts(pointer, size)
    }
}

/// Appends to the public output; more than 256 bytes in all end the program with failure.
pub fn write_output(bytes: &[u8]) {
    // SAFETY: the library reads exactly these bytes.
    unsafe { append_output(bytes.as_ptr(), bytes.len()) }
}

/// For seeding hash maps: the same sequence in every run, not secret; no output may depend on it.
#[must_use]
pub fn random_u64() -> u64 {
    // SAFETY: no arguments, no effect but its own counter, and there is one thread.
    unsafe { zkvm_random_u64() }
}

/// Ends the program; only code 0 is success.
pub fn stop(code: i32) -> ! {
    // SAFETY: does not return.
    unsafe { exit(code) }
}

/// A heap that only grows, except that the last block can be resized and freed.
struct Heap {
    next: UnsafeCell<usize>,
}

// SAFETY: the machine has one thread.
unsafe impl Sync for Heap {}

fn heap_bounds() -> (usize, usize) {
    (&raw const _heap_start as usize, &raw const _heap_end as usize)
}

// SAFETY: blocks are disjoint, aligned and inside the heap; null says that it is full.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (start, end) = heap_bounds();
        // SAFETY: one thread, so nobody else has a reference to the cell.
        let next = unsafe { &mut *self.next.get() };
        let from = (*next).max(start).next_multiple_of(layout.align());
        match from.checked_add(layout.size()) {
            Some(to) if to <= end => {
                *next = to;
                from as *mut u8
            }
            _ => core::ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as `alloc`.
        let next = unsafe { &mut *self.next.get() };
        if pointer as usize + layout.size() == *next {
            *next = pointer as usize;
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as `alloc`; a block that is not the last is copied, its old size bounding what is read.
        unsafe {
            let next = &mut *self.next.get();
            let is_last = pointer as usize + layout.size() == *next;
            if is_last && size <= heap_bounds().1 - pointer as usize {
                *next = pointer as usize + size;
                return pointer;
            }
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                core::ptr::copy_nonoverlapping(pointer, moved, layout.size().min(size));
            }
            moved
        }
    }
}

#[global_allocator]
static HEAP: Heap = Heap { next: UnsafeCell::new(0) };

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    stop(101)
}

/// Declares the function that runs when the guest starts.
#[macro_export]
macro_rules! entry {
    ($function:path) => {
        #[unsafe(export_name = "main")]
        extern "C" fn hstar_entry() -> i32 {
            $function();
            0
        }
    };
}
