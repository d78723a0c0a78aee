//! Running the traced verification of a final proof: `hstar.verifier.standalone`, fast.

mod element;
#[cfg(all(
    target_arch = "x86_64",
    target_feature = "avx512f",
    target_feature = "avx512vl"
))]
mod element_avx512;
mod opening;
mod program;
mod reader;

use crate::blake2b::{self, DIGEST, Person};
use element::{Element, Wide, word_product};
use hstar_field::MODULUS;
use opening::{Opened, Opening};
use program::{Expression, Gate, NUM_BITS, Open, Part, Product};
pub use program::{Input, Program, Source, Tree};
pub use reader::Fault;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every requirement holds.
    Accepted,
    /// The first requirement that fails.
    Failed(u32),
    /// The bytes are not those of a proof.
    Unreadable(Fault),
}

/// Runs a program on an output and the body of a proof file.
#[must_use]
pub fn run(program: &Program, output: &[u8], body: &[u8]) -> Outcome {
    if output.len() != program.output_bytes {
        return Outcome::Unreadable(Fault::Output);
    }
    // Fresh memory costs more than the arithmetic of a whole round: the last run's is used again.
    let spare = program
        .spare
        .try_lock()
        .ok()
        .and_then(|mut spare| spare.take());
    let Memory {
        mut elements,
        mut digests,
    } = spare.unwrap_or_default();
    elements.clear();
    elements.reserve(program.num_elements);
    digests.clear();
    let mut run = Run {
        elements,
        digests,
        openings: Vec::with_capacity(program.trees.len()),
        message: Vec::new(),
    };
    let outcome = run.finish(program, output, body);
    if let Ok(mut spare) = program.spare.try_lock() {
        *spare = Some(Memory {
            elements: run.elements,
            digests: run.digests,
        });
    }
    outcome
}

/// Everything computed so far.
struct Run<'a> {
    elements: Vec<Element>,
    digests: Vec<[u8; DIGEST]>,
    openings: Vec<Opening<'a>>,
    message: Vec<u8>,
}

/// What a run has computed, kept for the next one.
#[derive(Debug, Default)]
struct Memory {
    elements: Vec<Element>,
    digests: Vec<[u8; DIGEST]>,
}

impl<'a> Run<'a> {
    fn finish(&mut self, program: &Program, output: &[u8], body: &'a [u8]) -> Outcome {
        self.elements.extend_from_slice(&program.constants);
        self.digests.extend_from_slice(&program.digests);
        let bytes = output.iter().map(|&byte| Element::of_word(u32::from(byte)));
        self.elements.extend(bytes);
        if let Err(fault) = self.read(program, body) {
            return Outcome::Unreadable(fault);
        }
        let mut gates = program.gates.iter();
        match gates.find_map(|gate| self.step(program, gate)) {
            Some(number) => Outcome::Failed(number),
            None => Outcome::Accepted,
        }
    }

    #[inline(always)]
    fn get(&self, wire: u32) -> Element {
        self.elements[wire as usize]
    }

    /// Runs a gate; the number of a requirement that fails.
    fn step(&mut self, program: &Program, gate: &Gate) -> Option<u32> {
        match gate {
            Gate::Arithmetic(expression) => {
                let element = self.expression(expression);
                self.elements.push(element);
            }
            Gate::RequireZero(number, expression) => {
                return (self.expression(expression) != Element::ZERO).then_some(*number);
            }
            Gate::Inverse(wire) => self.elements.push(self.get(*wire).inverse()),
            Gate::Lane(wire, place) => self.elements.push(self.get(*wire).lane(*place)),
            Gate::Pack(wires) => {
                let mut words = [0; 8];
                for (word, wire) in words.iter_mut().zip(wires) {
                    *word = self.get(*wire).0[0];
                }
                self.elements.push(Element(words));
            }
            Gate::Bits(wire) => {
                let word = self.get(*wire).first_word();
                let digits = (0..NUM_BITS).map(|place| {
                    if word >> place & 1 == 1 {
                        Element::ONE
                    } else {
                        Element::ZERO
                    }
                });
                self.elements.extend(digits);
            }
            Gate::RangeStep(wires) => self.range_step(wires),
            Gate::MonomialStep([product, power, coordinate]) => {
                let (product, power) = (self.get(*product), self.get(*power).0[0]);
                let less_one = word_sub(power, Element::ONE.0[0]);
                let weighed = product.times(self.get(*coordinate)).scaled(less_one);
                self.elements.push(product.plus(weighed));
                self.elements
                    .push(Element([word_product(power, power), 0, 0, 0, 0, 0, 0, 0]));
            }
            Gate::Weigh([total, words, weights @ ..]) => {
                let (total, words) = (self.get(*total), self.get(*words));
                let term = |i: usize| Wide::scaled(self.get(weights[i]), words.0[i]);
                let low = term(0).plus(term(1)).plus(term(2)).halved();
                let high = term(3).plus(term(4)).plus(term(5)).halved();
                let sum = low.plus(high).halved().reduce();
                self.elements.push(total.plus(sum));
            }
            Gate::Digest(person, parts) => {
                self.write_message(parts);
                self.digests
                    .push(blake2b::hash_bytes(person, &self.message));
            }
            Gate::Stream(person, skip, count, parts) => {
                self.write_message(parts);
                self.draw(person, *skip, *count);
            }
            Gate::Open(open) => return self.open(program, open),
        }
        None
    }

    #[inline(always)]
    fn expression(&self, expression: &Expression) -> Element {
        let [a, b, c] = expression.wires.map(|wire| self.get(wire));
        let [t, v, w] = expression.factors;
        let linear = Wide::scaled(a, t)
            .plus(Wide::scaled(b, v))
            .plus(Wide::scaled(c, w))
            .halved();
        let sum = match expression.product {
            Product::None => linear,
            Product::Plus => linear.plus(Wide::product(a, b)).halved(),
            Product::Minus => linear.plus(Wide::product(a, b).negated()).halved(),
            Product::Times(s) => linear.plus(Wide::scaled(a.times(b), s)).halved(),
        };
        let mut element = sum.reduce();
        element.0[0] = word_add(element.0[0], expression.constant);
        element
    }

    /// A bit of the branching program: `start` and `end` are bits, so most of the formula is choosing.
    fn range_step(&mut self, wires: &[u32; 8]) {
        let [t0, t1, l0, l1, row, cell, start, end] = wires.map(|wire| self.get(wire));
        let both = row.times(cell);
        let (row_only, cell_only) = (row.minus(both), cell.minus(both));
        let neither = Element::ONE.minus(row).minus(cell_only);
        let equal = neither.plus(both);
        let (has_start, has_end) = (start.0[0] != 0, end.0[0] != 0);
        let (x, y) = if has_end { (t0, t1) } else { (l0, l1) };
        let sum = |a: Element, b: Element, c: Element, d: Element| {
            Wide::product(a, b)
                .plus(Wide::product(c, d))
                .halved()
                .reduce()
        };
        // With start = 0 the sum of carry and start is the carry, else one more.
        let results = if has_start {
            let mut less = [Element::ZERO, sum(row_only, x, neither, y)];
            if has_end {
                less = [cell_only.times(l0), less[1].plus(both.times(l1))];
            }
            [
                cell_only.times(t0),
                sum(row_only, t0, equal, t1),
                less[0],
                less[1],
            ]
        } else {
            let mut less = neither.times(x);
            if has_end {
                less = less.plus(sum(both, l0, cell_only, l1));
            }
            [
                sum(equal, t0, cell_only, t1),
                row_only.times(t1),
                less,
                row_only.times(y),
            ]
        };
        self.elements.extend_from_slice(&results);
    }

    /// The bytes that are hashed.
    fn write_message(&mut self, parts: &[Part]) {
        self.message.clear();
        for part in parts {
            match part {
                Part::Bytes(bytes) => self.message.extend_from_slice(bytes),
                Part::Words(width, wires) => {
                    for &wire in wires {
                        let word = u64::from(self.elements[wire as usize].first_word());
                        self.message
                            .extend_from_slice(&word.to_le_bytes()[..*width]);
                    }
                }
                Part::Elements(wires) => {
                    for &wire in wires {
                        let bytes = self.elements[wire as usize].to_bytes();
                        self.message.extend_from_slice(&bytes);
                    }
                }
                Part::Digests(wires) => {
                    for &wire in wires {
                        self.message.extend_from_slice(&self.digests[wire as usize]);
                    }
                }
            }
        }
    }

    /// Uniform words: those of the digests of message and counter that are below the modulus, of 31 bits each.
    fn draw(&mut self, person: &Person, skip: usize, count: usize) {
        let length = self.message.len();
        let (mut seen, mut counter) = (0, 0_u64);
        while seen < skip + count {
            self.message.truncate(length);
            self.message.extend_from_slice(&counter.to_le_bytes());
            let block = blake2b::hash_bytes(person, &self.message);
            for bytes in block[..DIGEST - 1].as_chunks().0 {
                let word = u32::from_le_bytes(*bytes) & 0x7FFF_FFFF;
                if word < MODULUS {
                    if (skip..skip + count).contains(&seen) {
                        self.elements.push(Element::of_word(word));
                    }
                    seen += 1;
                }
            }
            counter += 1;
        }
    }

    fn open(&mut self, program: &Program, open: &Open) -> Option<u32> {
        let tree = &program.trees[open.tree];
        let Some(&opening) = self.openings.get(open.tree) else {
            return Some(open.requirements[0]);
        };
        let positions: Vec<u32> = open
            .bits
            .chunks(tree.log_rows.max(1) as usize)
            .map(|bits| {
                bits.iter()
                    .enumerate()
                    .map(|(place, &wire)| u32::from(self.get(wire).0[0] != 0) << place)
                    .sum()
            })
            .collect();
        let persons = [&open.persons[0], &open.persons[1]];
        let root = &self.digests[open.root as usize];
        let indices = match opening::open(tree, opening, &positions, persons, root) {
            Opened::WrongSize => return Some(open.requirements[0]),
            Opened::WrongRoot => return Some(open.requirements[1]),
            Opened::Leaves(indices) => indices,
        };
        for position in positions {
            let leaf = indices
                .binary_search(&(position >> tree.log_rows_per_leaf))
                .expect("an index of these positions");
            let slot = position as usize & ((1 << tree.log_rows_per_leaf) - 1);
            let first = 4 * (leaf * tree.leaf_width() + slot * tree.row_width);
            let row = opening.leaves[first..first + 4 * tree.row_width]
                .as_chunks::<4>()
                .0;
            let words = |part: &[[u8; 4]]| {
                Element::of_words(part.iter().map(|word| u32::from_le_bytes(*word)))
            };
            self.elements.extend(row.chunks(6).map(words));
        }
        None
    }
}

#[inline(always)]
fn word_add(a: u32, b: u32) -> u32 {
    let sum = a + b;
    sum.min(sum.wrapping_sub(MODULUS))
}

#[inline(always)]
fn word_sub(a: u32, b: u32) -> u32 {
    let difference = a.wrapping_sub(b);
    difference.min(difference.wrapping_add(MODULUS))
}
