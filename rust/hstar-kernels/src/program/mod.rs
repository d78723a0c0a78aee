//! Row programs: straight-line programs over the columns of a table, run on packs of rows.
//!
//! `interpreter` runs one program on a block of rows, `rows` evaluates whole tables, `round` sums a sumcheck round over
//! pairs of rows, `bind` makes one row of two. The facade has checked every index that is followed here.

pub mod bind;
mod interpreter;
mod registers;
pub mod round;
pub mod rows;
mod schedule;
mod tables;

pub use interpreter::{Program, Values};
pub use tables::Table;

use hstar_field::{LANES, Pack};

/// Words of packed elements as packs; a rest that does not fill a pack is left out.
#[must_use]
pub fn as_packs(words: &[u32]) -> &[Pack] {
    words.as_chunks::<LANES>().0.as_chunks::<6>().0
}

/// Words of packed elements as packs; a rest that does not fill a pack is left out.
#[must_use]
pub fn as_packs_mut(words: &mut [u32]) -> &mut [Pack] {
    words.as_chunks_mut::<LANES>().0.as_chunks_mut::<6>().0
}
