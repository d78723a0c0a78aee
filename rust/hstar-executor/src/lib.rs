//! Runs RV64IM programs: pre-decoded instructions, threaded handlers, flat guest memory, and the cut into segments with
//! their boundary rows. `hstar.machine.reference` is the readable definition; the two agree to the last array element.

pub mod keccak;
pub mod machine;
pub mod opcodes;
pub mod record;
pub mod state;
pub mod translate;

mod handlers;
mod memory;
mod system;
