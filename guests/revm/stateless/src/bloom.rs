//! Logs bloom (Yellow Paper, 4.3.1).
use crate::crypto::keccak256;
use alloy_primitives::Log;

/// 2048 bits.
pub type Bloom = [u8; 256];

fn add(bloom: &mut Bloom, entry: &[u8]) {
    let digest = keccak256(entry);
    for at in [0, 2, 4] {
        let bit = usize::from(u16::from_be_bytes([digest[at], digest[at + 1]]) & 0x7ff);
        bloom[255 - bit / 8] |= 1 << (bit % 8);
    }
}

/// The bloom of a transaction's logs.
pub fn of_logs(logs: &[Log]) -> Bloom {
    let mut bloom = [0; 256];
    for log in logs {
        add(&mut bloom, log.address.as_slice());
        for topic in log.topics() {
            add(&mut bloom, topic.as_slice());
        }
    }
    bloom
}
