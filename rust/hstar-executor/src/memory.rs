//! One reservation of address space that holds the guest's 4 GiB, a marker for every doubleword and a flag for
//! every page. The operating system backs only the pages that are touched.
//!
//! Layout: `[page flags: 1 MiB][markers: 2^29 x u32][RAM: 4 GiB]`, addressed from the start of RAM (`base`), so that
//! one pointer reaches all three.

use memmap2::{MmapMut, MmapOptions};

/// Bytes of guest RAM.
pub const RAM_BYTES: u64 = 1 << 32;
/// Bytes of a page of the memory limit.
pub const PAGE_BYTES: u64 = 4096;
const MARKER_BYTES: usize = 1 << 31;
const FLAG_BYTES: usize = 1 << 20;

/// Page not touched yet: accesses take the slow path.
pub const UNTOUCHED: u8 = 0;
/// Page that may be read and written.
pub const WRITABLE: u8 = 1;
/// Page with code in it: readable; stores take the slow path, which checks exactly.
pub const HOLDS_CODE: u8 = 2;

/// The reservation.
pub struct Memory {
    map: MmapMut,
}

impl Memory {
    /// Reserves the address space; nothing is committed.
    ///
    /// # Errors
    /// The operating system refuses a mapping of 6 GiB of address space.
    pub fn new() -> std::io::Result<Self> {
        let len = FLAG_BYTES + MARKER_BYTES + RAM_BYTES as usize;
        let map = MmapOptions::new().len(len).no_reserve_swap().map_anon()?;
        Ok(Self { map })
    }

    /// Start of RAM; valid from `FLAG_BYTES + MARKER_BYTES` below to `RAM_BYTES` above.
    pub fn base(&mut self) -> *mut u8 {
        // SAFETY: the offset lies inside the map.
        unsafe { self.map.as_mut_ptr().add(FLAG_BYTES + MARKER_BYTES) }
    }

    /// Reads doubleword `index`.
    #[must_use]
    pub fn word(&self, index: u32) -> u64 {
        let at = FLAG_BYTES + MARKER_BYTES + 8 * (index as usize & ((1 << 29) - 1));
        let mut bytes = [0u8; 8];
        bytes.copy_from_slice(&self.map[at..at + 8]);
        u64::from_le_bytes(bytes)
    }

    /// Writes doubleword `index` without marking anything.
    pub fn set_word(&mut self, index: u32, value: u64) {
        let at = FLAG_BYTES + MARKER_BYTES + 8 * (index as usize & ((1 << 29) - 1));
        self.map[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// The last epoch in which doubleword `index` was touched; 0 for none.
    #[must_use]
    pub fn marker(&self, index: u32) -> u32 {
        let at = FLAG_BYTES + 4 * (index as usize & ((1 << 29) - 1));
        let mut bytes = [0u8; 4];
        bytes.copy_from_slice(&self.map[at..at + 4]);
        u32::from_le_bytes(bytes)
    }

    /// Flag of a page.
    #[must_use]
    pub fn flag(&self, page: u32) -> u8 {
        self.map[page as usize & (FLAG_BYTES - 1)]
    }

    /// Sets the flag of a page.
    pub fn set_flag(&mut self, page: u32, flag: u8) {
        self.map[page as usize & (FLAG_BYTES - 1)] = flag;
    }
}

/// Pointer to the flag of the page that holds `address`.
///
/// # Safety
/// `base` comes from `Memory::base` and `address < RAM_BYTES`.
#[inline(always)]
pub unsafe fn flag_at(base: *mut u8, address: u64) -> *mut u8 {
    // SAFETY: the flags start MARKER_BYTES + FLAG_BYTES below RAM, one byte for each page of RAM.
    unsafe {
        base.sub(MARKER_BYTES + FLAG_BYTES)
            .add((address >> 12) as usize)
    }
}

/// Pointer to the marker of the doubleword that holds `address`.
///
/// # Safety
/// As `flag_at`.
#[inline(always)]
pub unsafe fn marker_at(base: *mut u8, address: u64) -> *mut u32 {
    // SAFETY: the markers start MARKER_BYTES below RAM, four bytes for each doubleword; the map is page-aligned.
    unsafe {
        base.sub(MARKER_BYTES)
            .cast::<u32>()
            .add((address >> 3) as usize)
    }
}
