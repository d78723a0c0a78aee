//! The guest program: reads a stateless input, writes the 43 bytes of its output, ends with exit code 0.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
hstar_guest::entry!(run);

#[cfg(target_os = "none")]
fn run() {
    let source = if cfg!(feature = "vectors") {
        hstar_stateless::ForkSource::Schema
    } else {
        hstar_stateless::ForkSource::Timestamp
    };
    hstar_guest::write_output(&hstar_stateless::judge(hstar_guest::input(), source).output);
}

#[cfg(not(target_os = "none"))]
fn main() {}
