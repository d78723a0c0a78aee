//! Ethereum's stateless contract (EIP-8025, execution-layer half): judges one block by its witness.
//!
//! Input: schema id (2 bytes, big-endian) and the SSZ of a `StatelessInput` in the newest dialect. Output: root of the
//! payload request (32 bytes), success (1), chain id (8, little-endian), schema id (2, little-endian). What does not
//! decode gives 43 zero bytes. Nothing here panics on any input.
//!
//! The input is not copied: nodes, codes, headers and transactions are slices of it until the end.
#![no_std]

extern crate alloc;

mod accelerators;
mod block;
mod bloom;
mod code;
mod crypto;
mod database;
mod environment;
mod forks;
mod headers;
mod instructions;
mod machine;
mod merkle;
mod node;
mod ordered;
mod payload;
mod precompiles;
mod reasons;
mod requests;
mod rlp;
mod rules;
mod ssz;
mod state;
mod transactions;
mod trie;
mod witness;

pub use forks::ForkSource;
pub use reasons::Reason;

/// Bytes of the output.
pub const OUTPUT_BYTES: usize = 43;

const MAX_INPUT_BYTES: usize = 1 << 31;

/// What a guest says about its input, and for people why.
pub struct Answer {
    /// The public output.
    pub output: [u8; OUTPUT_BYTES],
    /// Why the block is not valid; `None` when it is.
    pub rejection: Option<Reason>,
}

/// Judges a stateless input.
#[must_use]
pub fn judge(input: &'static [u8], source: ForkSource) -> Answer {
    let mut output = [0; OUTPUT_BYTES];
    // Places in the input are numbers below 2^31; a larger one is refused like one that does not decode.
    let Some(decoded) = (input.len() < MAX_INPUT_BYTES).then(|| ssz::decode(input).ok()).flatten() else {
        return Answer { output, rejection: Some(Reason::MalformedInput) };
    };
    let rejection = block::validate(input, &decoded, source).err();
    output[..32].copy_from_slice(&merkle::request_root(&decoded.request));
    output[32] = u8::from(rejection.is_none());
    output[33..41].copy_from_slice(&decoded.chain_id.to_le_bytes());
    output[41..].copy_from_slice(&decoded.schema_id.to_le_bytes());
    Answer { output, rejection }
}
