//! Hot loops over buffers. Nothing here knows a protocol; every function has a slow Python twin that defines it.

pub mod cpu;
pub mod threads;
