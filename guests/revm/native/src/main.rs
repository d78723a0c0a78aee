//! Judges stateless inputs, for tests. Standard input: any number of (fork source: 1 byte, 0 timestamp, 1 schema;
//! length: 4 bytes little-endian; input). Standard output for each: the 43 bytes, then the length of the reason's name
//! (1 byte, 0 when the block is valid) and the name.
use hstar_stateless::{ForkSource, judge};
use std::io::{Read, Write, stdin, stdout};

fn main() -> std::io::Result<()> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    let mut head = [0; 5];
    while input.read_exact(&mut head).is_ok() {
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
        let mut data = vec![0; length as usize];
        input.read_exact(&mut data)?;
        let source = if head[0] == 1 { ForkSource::Schema } else { ForkSource::Timestamp };
        // SAFETY: nothing that `judge` returns or keeps refers to its input, so the input may end after the call.
        let borrowed: &'static [u8] = unsafe { core::mem::transmute::<&[u8], &'static [u8]>(&data) };
        let answer = judge(borrowed, source);
        let reason = answer.rejection.map_or("", |reason| reason.name());
        output.write_all(&answer.output)?;
        output.write_all(&[reason.len() as u8])?;
        output.write_all(reason.as_bytes())?;
        output.flush()?;
    }
    Ok(())
}
