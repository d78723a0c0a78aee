//! Allocator stress. Input: a seed and a number of steps, 4 bytes each. Each step inserts into or removes from an
//! ordered map of shared strings; the output is the SHA-256 and the Keccak-256 of what is left.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

hstar_guest::entry!(main);

fn main() {
    let input = hstar_guest::input();
    assert_eq!(input.len(), 8, "the input is a seed and a number of steps");
    let mut state = u64::from(u32::from_le_bytes([input[0], input[1], input[2], input[3]]));
    let steps = u32::from_le_bytes([input[4], input[5], input[6], input[7]]);
    let mut map: BTreeMap<u64, Arc<String>> = BTreeMap::new();
    let mut removed: Vec<Arc<String>> = Vec::new();
    for step in 0..steps {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let key = (state >> 33) % 512;
        if state >> 62 == 0 {
            removed.extend(map.remove(&key));
        } else {
            map.insert(key, Arc::new(format!("{key:x}:{step}")));
        }
    }
    let mut text = String::new();
    for (key, value) in &map {
        text.push_str(&format!("{key}={value};"));
    }
    removed.sort();
    for value in &removed {
        text.push_str(value);
    }
    hstar_guest::write_output(&hstar_guest::sha256(text.as_bytes()));
    hstar_guest::write_output(&hstar_guest::keccak256(text.as_bytes()));
}
