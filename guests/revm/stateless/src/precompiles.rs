//! The EVM's precompiled contracts: what each costs and how its input is read. What they compute is `accelerators`.
//!
//! revm's own table refers to its own implementations even where others are installed, which would put them into the
//! program: 200,000 instructions that never run. Prices and tables are revm's.
use crate::accelerators::{self, Aligned, Refused};
use crate::block::EvmContext;
use crate::crypto::{self, Digest};
use alloc::string::String;
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use revm::handler::{PrecompileProvider, precompile_output_to_interpreter_result};
use revm::interpreter::{CallInputs, InterpreterResult};
use revm::precompile::bls12_381_const as bls12;
use revm::precompile::bls12_381_utils::msm_required_gas;
use revm::precompile::bn254::{add, mul, pair};
use revm::precompile::identity::{IDENTITY_BASE, IDENTITY_PER_WORD};
use revm::precompile::kzg_point_evaluation as kzg;
use revm::precompile::modexp::{berlin_gas_calc, osaka_gas_calc};
use revm::precompile::secp256r1::{P256VERIFY_ADDRESS, P256VERIFY_BASE_GAS_FEE_OSAKA};
use revm::precompile::{PrecompileHalt, PrecompileOutput, calc_linear_cost, u64_to_address};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{AddressSet, eip7823};

/// Gas used and output; `None` takes all the gas: there is too little of it, or the input is not what it must be.
type Outcome = Option<(u64, Vec<u8>)>;
type Function = fn(input: &[u8], gas: u64) -> Outcome;

/// Precompiles from address 1 on, of Prague and later.
const FUNCTIONS: [Function; 17] = [
    ecrecover,
    sha256,
    ripemd160,
    identity,
    modexp_of_prague,
    bn254_add,
    bn254_multiply,
    bn254_pairing,
    blake2f,
    point_evaluation,
    bls12_g1_add,
    bls12_g1_msm,
    bls12_g2_add,
    bls12_g2_msm,
    bls12_pairing,
    bls12_map_to_g1,
    bls12_map_to_g2,
];
const MODEXP: u64 = 5;
const ECRECOVER_GAS: u64 = 3000;
const FIELD_BYTES: usize = 48;
const PADDED_FIELD_BYTES: usize = 64;

/// The precompiles of a fork.
pub struct Precompiles {
    is_osaka: bool,
    addresses: AddressSet,
}

impl Precompiles {
    pub fn new(spec: SpecId) -> Self {
        let is_osaka = spec.is_enabled_in(SpecId::OSAKA);
        let last = is_osaka.then_some(P256VERIFY_ADDRESS);
        let addresses = (1..=FUNCTIONS.len() as u64).chain(last).map(u64_to_address).collect();
        Self { is_osaka, addresses }
    }

    fn function(&self, address: &Address) -> Option<Function> {
        let (zeros, number) = address.split_at(Address::len_bytes() - 8);
        let number = u64::from_be_bytes(number.try_into().ok()?);
        if zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        match number {
            MODEXP if self.is_osaka => Some(modexp_of_osaka),
            P256VERIFY_ADDRESS if self.is_osaka => Some(p256_verify),
            _ => FUNCTIONS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied(),
        }
    }
}

impl PrecompileProvider<EvmContext> for Precompiles {
    type Output = InterpreterResult;

    /// The fork is that of the block from the beginning.
    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(&mut self, context: &mut EvmContext, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let Some(function) = self.function(&inputs.bytecode_address) else {
            return Ok(None);
        };
        let output = match function(&inputs.input.as_bytes(context), inputs.gas_limit) {
            Some((gas_used, bytes)) => PrecompileOutput::new(gas_used, bytes.into(), inputs.reservoir),
            None => PrecompileOutput::halt(PrecompileHalt::OutOfGas, inputs.reservoir),
        };
        Ok(Some(precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }
}

/// `None` where the gas does not suffice.
fn pay(cost: u64, gas: u64) -> Option<()> {
    (cost <= gas).then_some(())
}

/// The `N` bytes from a place on, zero beyond the end.
fn part<const N: usize>(input: &[u8], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    let rest = input.get(at..).unwrap_or_default();
    let length = rest.len().min(N);
    bytes[..length].copy_from_slice(&rest[..length]);
    bytes
}

/// A slice of a length; zeros beyond the end of the input.
fn padded(input: &[u8], at: usize, length: usize) -> Vec<u8> {
    let mut bytes = alloc::vec![0; length];
    let rest = input.get(at..).unwrap_or_default();
    let there = rest.len().min(length);
    bytes[..there].copy_from_slice(&rest[..there]);
    bytes
}

/// A truth value as a word.
fn word(holds: bool) -> Vec<u8> {
    let mut bytes = alloc::vec![0; 32];
    bytes[31] = holds.into();
    bytes
}

/// What an accelerator gives; what it refuses fails.
fn output<const N: usize>(gas: u64, result: Result<[u8; N], Refused>) -> Outcome {
    Some((gas, result.ok()?.to_vec()))
}

fn ecrecover(input: &[u8], gas: u64) -> Outcome {
    pay(ECRECOVER_GAS, gas)?;
    let v: Digest = part(input, 32);
    let is_parity = v[..31].iter().all(|byte| *byte == 0) && matches!(v[31], 27 | 28);
    let key = is_parity.then(|| crypto::recover_public_key(&part(input, 0), &part(input, 64), v[31] - 27)).flatten();
    let address = key.map_or_else(Vec::new, |key| {
        let mut word = accelerators::keccak256(&key);
        word[..12].fill(0);
        word.to_vec()
    });
    Some((ECRECOVER_GAS, address))
}

fn sha256(input: &[u8], gas: u64) -> Outcome {
    let cost = calc_linear_cost(input.len(), 60, 12);
    pay(cost, gas)?;
    Some((cost, accelerators::sha256(input).to_vec()))
}

fn ripemd160(input: &[u8], gas: u64) -> Outcome {
    let cost = calc_linear_cost(input.len(), 600, 120);
    pay(cost, gas)?;
    Some((cost, accelerators::ripemd160(input).to_vec()))
}

fn identity(input: &[u8], gas: u64) -> Outcome {
    let cost = calc_linear_cost(input.len(), IDENTITY_BASE, IDENTITY_PER_WORD);
    pay(cost, gas)?;
    Some((cost, input.to_vec()))
}

fn modexp_of_prague(input: &[u8], gas: u64) -> Outcome {
    modexp(input, gas, usize::MAX, berlin_gas_calc)
}

fn modexp_of_osaka(input: &[u8], gas: u64) -> Outcome {
    modexp(input, gas, eip7823::INPUT_SIZE_LIMIT, osaka_gas_calc)
}

/// EIP-198, by the price of EIP-2565 or EIP-7883; no length may be above `limit`.
fn modexp(input: &[u8], gas: u64, limit: usize, price: fn(u64, u64, u64, &U256) -> u64) -> Outcome {
    const HEAD: usize = 96;
    let length = |at| usize::try_from(U256::from_be_bytes(part::<32>(input, at))).ok();
    let (base, modulus) = (length(0)?, length(64)?);
    let exponent = length(32).unwrap_or(usize::MAX); // too dear, or there is nothing to compute
    if base.max(exponent).max(modulus) > limit {
        return None;
    }
    let exponent_at = HEAD.saturating_add(base);
    let mut head: Digest = part(input, exponent_at);
    head.rotate_right(32 - exponent.min(32));
    head[..32 - exponent.min(32)].fill(0);
    let cost = price(base as u64, exponent as u64, modulus as u64, &U256::from_be_bytes(head));
    pay(cost, gas)?;
    if base == 0 && modulus == 0 {
        return Some((cost, Vec::new()));
    }
    let modulus_at = exponent_at.saturating_add(exponent);
    let [base, exponent, modulus] =
        [(HEAD, base), (exponent_at, exponent), (modulus_at, modulus)].map(|(at, length)| padded(input, at, length));
    // Refused are only operands of more than 2 MiB, for twenty billion units of gas: that is running out of memory.
    let result = accelerators::modexp(&base, &exponent, &modulus).expect("modexp of operands beyond the stack");
    Some((cost, result))
}

fn bn254_add(input: &[u8], gas: u64) -> Outcome {
    pay(add::ISTANBUL_ADD_GAS_COST, gas)?;
    output(add::ISTANBUL_ADD_GAS_COST, accelerators::bn254_g1_add(&part(input, 0), &part(input, 64)))
}

fn bn254_multiply(input: &[u8], gas: u64) -> Outcome {
    pay(mul::ISTANBUL_MUL_GAS_COST, gas)?;
    output(mul::ISTANBUL_MUL_GAS_COST, accelerators::bn254_g1_multiply(&part(input, 0), &part(input, 64)))
}

fn bn254_pairing(input: &[u8], gas: u64) -> Outcome {
    let (pairs, rest) = input.as_chunks::<{ revm::precompile::bn254::PAIR_ELEMENT_LEN }>();
    let cost = pairs.len() as u64 * pair::ISTANBUL_PAIR_PER_POINT + pair::ISTANBUL_PAIR_BASE;
    pay(cost, gas)?;
    if !rest.is_empty() {
        return None;
    }
    let pairs: Vec<_> = pairs.iter().map(|pair| Aligned(*pair)).collect();
    Some((cost, word(accelerators::bn254_pairing(&pairs).ok()?)))
}

/// EIP-152.
fn blake2f(input: &[u8], gas: u64) -> Outcome {
    let input: &[u8; 213] = input.try_into().ok()?;
    let rounds = u32::from_be_bytes(part(input, 0));
    pay(rounds.into(), gas)?;
    let is_final = match input[212] {
        0 => false,
        1 => true,
        _ => return None,
    };
    let mut state = part(input, 4);
    accelerators::blake2f(rounds, &mut state, &part(input, 68), &part(input, 196), is_final);
    Some((rounds.into(), state.to_vec()))
}

/// EIP-4844.
fn point_evaluation(input: &[u8], gas: u64) -> Outcome {
    pay(kzg::GAS_COST, gas)?;
    let input: &[u8; 192] = input.try_into().ok()?;
    let commitment = part(input, 96);
    let mut versioned_hash = accelerators::sha256(&commitment);
    versioned_hash[0] = kzg::VERSIONED_HASH_VERSION_KZG;
    let holds = input[..32] == versioned_hash
        && accelerators::kzg_point_eval(&commitment, &part(input, 32), &part(input, 64), &part(input, 144)).ok()?;
    holds.then(|| (kzg::GAS_COST, kzg::RETURN_VALUE.to_vec()))
}

/// Field elements without their padding, which must be zero, then what is behind them, into `N` bytes.
fn unpadded<const N: usize>(input: &[u8], elements: usize) -> Option<[u8; N]> {
    let (fields, rest) = input.split_at_checked(elements * PADDED_FIELD_BYTES)?;
    let mut bytes = [0; N];
    let (places, end) = bytes.split_at_mut_checked(elements * FIELD_BYTES)?;
    for (field, place) in fields.chunks_exact(PADDED_FIELD_BYTES).zip(places.chunks_exact_mut(FIELD_BYTES)) {
        let (zeros, value) = field.split_at(PADDED_FIELD_BYTES - FIELD_BYTES);
        if zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        place.copy_from_slice(value);
    }
    (rest.len() == end.len()).then(|| end.copy_from_slice(rest))?;
    Some(bytes)
}

/// Terms or pairs of `size` bytes each, of which the first `elements` field elements are padded; at least one.
fn unpadded_items<const N: usize>(input: &[u8], size: usize, elements: usize) -> Option<Vec<Aligned<N>>> {
    input.chunks_exact(size).map(|item| unpadded(item, elements).map(Aligned)).collect()
}

/// How many items of a size the input has; `None` where that is none, or not a whole number.
fn count(input: &[u8], size: usize) -> Option<usize> {
    (!input.is_empty() && input.len().is_multiple_of(size)).then_some(input.len() / size)
}

/// A point as EIP-2537 has it: every coordinate padded.
fn with_padding<const N: usize>(gas: u64, point: Result<[u8; N], Refused>) -> Outcome {
    let point = point.ok()?;
    let mut bytes = alloc::vec![0; N / FIELD_BYTES * PADDED_FIELD_BYTES];
    for (place, field) in bytes.chunks_exact_mut(PADDED_FIELD_BYTES).zip(point.chunks_exact(FIELD_BYTES)) {
        place[PADDED_FIELD_BYTES - FIELD_BYTES..].copy_from_slice(field);
    }
    Some((gas, bytes))
}

fn bls12_g1_add(input: &[u8], gas: u64) -> Outcome {
    pay(bls12::G1_ADD_BASE_GAS_FEE, gas)?;
    let (first, second) = input.split_at_checked(bls12::PADDED_G1_LENGTH)?;
    let sum = accelerators::bls12_g1_add(&unpadded(first, 2)?, &unpadded(second, 2)?);
    with_padding(bls12::G1_ADD_BASE_GAS_FEE, sum)
}

fn bls12_g2_add(input: &[u8], gas: u64) -> Outcome {
    pay(bls12::G2_ADD_BASE_GAS_FEE, gas)?;
    let (first, second) = input.split_at_checked(bls12::PADDED_G2_LENGTH)?;
    let sum = accelerators::bls12_g2_add(&unpadded(first, 4)?, &unpadded(second, 4)?);
    with_padding(bls12::G2_ADD_BASE_GAS_FEE, sum)
}

fn bls12_g1_msm(input: &[u8], gas: u64) -> Outcome {
    let terms = count(input, bls12::G1_MSM_INPUT_LENGTH)?;
    let cost = msm_required_gas(terms, &bls12::DISCOUNT_TABLE_G1_MSM, bls12::G1_MSM_BASE_GAS_FEE);
    pay(cost, gas)?;
    with_padding(cost, accelerators::bls12_g1_msm(&unpadded_items(input, bls12::G1_MSM_INPUT_LENGTH, 2)?))
}

fn bls12_g2_msm(input: &[u8], gas: u64) -> Outcome {
    let terms = count(input, bls12::G2_MSM_INPUT_LENGTH)?;
    let cost = msm_required_gas(terms, &bls12::DISCOUNT_TABLE_G2_MSM, bls12::G2_MSM_BASE_GAS_FEE);
    pay(cost, gas)?;
    with_padding(cost, accelerators::bls12_g2_msm(&unpadded_items(input, bls12::G2_MSM_INPUT_LENGTH, 4)?))
}

fn bls12_pairing(input: &[u8], gas: u64) -> Outcome {
    let pairs = count(input, bls12::PAIRING_INPUT_LENGTH)?;
    let cost = bls12::PAIRING_MULTIPLIER_BASE * pairs as u64 + bls12::PAIRING_OFFSET_BASE;
    pay(cost, gas)?;
    let pairs = unpadded_items(input, bls12::PAIRING_INPUT_LENGTH, 6)?;
    Some((cost, word(accelerators::bls12_pairing(&pairs).ok()?)))
}

fn bls12_map_to_g1(input: &[u8], gas: u64) -> Outcome {
    pay(bls12::MAP_FP_TO_G1_BASE_GAS_FEE, gas)?;
    with_padding(bls12::MAP_FP_TO_G1_BASE_GAS_FEE, accelerators::bls12_map_to_g1(&unpadded(input, 1)?))
}

fn bls12_map_to_g2(input: &[u8], gas: u64) -> Outcome {
    pay(bls12::MAP_FP2_TO_G2_BASE_GAS_FEE, gas)?;
    with_padding(bls12::MAP_FP2_TO_G2_BASE_GAS_FEE, accelerators::bls12_map_to_g2(&unpadded(input, 2)?))
}

/// EIP-7951: what is not a valid signature of a valid key gives nothing.
fn p256_verify(input: &[u8], gas: u64) -> Outcome {
    pay(P256VERIFY_BASE_GAS_FEE_OSAKA, gas)?;
    let holds = input.len() == 160
        && accelerators::secp256r1_verify(&part(input, 0), &part(input, 32), &part(input, 96)).is_ok_and(|holds| holds);
    Some((P256VERIFY_BASE_GAS_FEE_OSAKA, if holds { word(true) } else { Vec::new() }))
}
