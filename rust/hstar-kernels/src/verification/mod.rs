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
use program::{Expression, Gate, NUM_BITS, Open, Part, Placed, Product};
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
    // Fresh memory costs a tenth of a run: that of the last one is used again.
    let spare = program.spare.try_lock().ok();
    let memory = spare.and_then(|mut spare| spare.take());
    let memory = memory.unwrap_or_else(|| Memory {
        elements: vec![Element::ZERO; program.num_elements],
        digests: vec![[0; DIGEST]; program.num_digests],
    });
    let mut run = Run {
        memory,
        num_read: 0,
        num_digests_read: 0,
        openings: Vec::with_capacity(program.trees.len()),
        message: Vec::new(),
    };
    let outcome = run.finish(program, output, body);
    if let Ok(mut spare) = program.spare.try_lock() {
        *spare = Some(run.memory);
    }
    outcome
}

/// A run of a program.
struct Run<'a> {
    memory: Memory,
    num_read: usize,
    num_digests_read: usize,
    openings: Vec<Opening<'a>>,
    message: Vec<u8>,
}

/// All elements and digests, kept for the next run; it writes everything that it reads.
#[derive(Debug)]
struct Memory {
    elements: Vec<Element>,
    digests: Vec<[u8; DIGEST]>,
}

impl<'a> Run<'a> {
    fn finish(&mut self, program: &Program, output: &[u8], body: &'a [u8]) -> Outcome {
        for &element in &program.constants {
            self.next_element(element);
        }
        for &digest in &program.digests {
            self.next_digest(digest);
        }
        for &byte in output {
            self.next_element(Element::of_word(u32::from(byte)));
        }
        if let Err(fault) = self.read(program, body) {
            return Outcome::Unreadable(fault);
        }
        // Gates stand in another order than in the program, where the run ends at the first requirement that fails.
        // Whatever a failed one leaves behind only meets gates that come after it there.
        let mut first: Option<(u32, u32)> = None;
        for placed in &program.gates {
            if let Some(number) = self.step(program, placed) {
                let found = (placed.order, number);
                first = Some(first.map_or(found, |first| first.min(found)));
            }
        }
        first.map_or(Outcome::Accepted, |(_, number)| Outcome::Failed(number))
    }

    fn next_element(&mut self, element: Element) {
        self.memory.elements[self.num_read] = element;
        self.num_read += 1;
    }

    fn next_digest(&mut self, digest: [u8; DIGEST]) {
        self.memory.digests[self.num_digests_read] = digest;
        self.num_digests_read += 1;
    }

    #[inline(always)]
    fn put(&mut self, place: usize, element: Element) {
        self.memory.elements[place] = element;
    }

    #[inline(always)]
    fn get(&self, wire: u32) -> Element {
        self.memory.elements[wire as usize]
    }

    /// Runs a gate; the number of a requirement that fails.
    fn step(&mut self, program: &Program, placed: &Placed) -> Option<u32> {
        let output = placed.output as usize;
        match &placed.gate {
            Gate::Arithmetic(expression) => self.put(output, self.expression(expression)),
            Gate::RequireZero(number, expression) => {
                return (self.expression(expression) != Element::ZERO).then_some(*number);
            }
            Gate::Inverse(wire) => self.put(output, self.get(*wire).inverse()),
            Gate::Lane(wire, place) => self.put(output, self.get(*wire).lane(*place)),
            Gate::Pack(wires) => {
                let mut words = [0; 8];
                for (word, wire) in words.iter_mut().zip(wires) {
                    *word = self.get(*wire).0[0];
                }
                self.put(output, Element(words));
            }
            Gate::Bits(wire) => {
                let word = self.get(*wire).first_word();
                for place in 0..NUM_BITS {
                    let is_one = word >> place & 1 == 1;
                    let digit = if is_one { Element::ONE } else { Element::ZERO };
                    self.put(output + place, digit);
                }
            }
            Gate::RangeStep(wires) => self.range_step(output, wires),
            Gate::MonomialStep([product, power, coordinate]) => {
                let (product, power) = (self.get(*product), self.get(*power).0[0]);
                let less_one = word_sub(power, Element::ONE.0[0]);
                let weighed = product.times(self.get(*coordinate)).scaled(less_one);
                self.put(output, product.plus(weighed));
                let square = word_product(power, power);
                self.put(output + 1, Element([square, 0, 0, 0, 0, 0, 0, 0]));
            }
            Gate::Weigh([total, words, weights @ ..]) => {
                let (total, words) = (self.get(*total), self.get(*words));
                let term = |i: usize| Wide::scaled(self.get(weights[i]), words.0[i]);
                let low = term(0).plus(term(1)).plus(term(2)).halved();
                let high = term(3).plus(term(4)).plus(term(5)).halved();
                let sum = low.plus(high).halved().reduce();
                self.put(output, total.plus(sum));
            }
            Gate::Digest(person, parts) => {
                self.write_message(parts);
                self.memory.digests[output] = blake2b::hash_bytes(person, &self.message);
            }
            Gate::Stream(person, skip, count, parts) => {
                self.write_message(parts);
                self.draw(output, person, *skip, *count);
            }
            Gate::Open(open) => return self.open(output, program, open),
        }
        None
    }

    #[inline(always)]
    fn expression(&self, expression: &Expression) -> Element {
        let num_terms = expression.num_terms;
        let term = |i: usize| {
            let (wire, word) = expression.terms[i];
            Wide::scaled(self.get(wire), word)
        };
        let linear = || match num_terms {
            0 => Wide::zero(),
            1 => term(0),
            2 => term(0).plus(term(1)),
            _ => term(0).plus(term(1)).plus(term(2)).halved(),
        };
        let product = || {
            let [a, b] = expression.factors.map(|wire| self.get(wire));
            Wide::product(a, b)
        };
        let mut element = match expression.product {
            Product::Signs(signs) => self.signed_sum(expression, signs),
            Product::None => linear().reduce(),
            Product::Plus if num_terms == 0 => product().reduce(),
            Product::Plus => linear().plus(product()).halved().reduce(),
            Product::Minus => linear().plus(product().negated()).halved().reduce(),
            Product::Times(s) => {
                let scaled = Wide::scaled(product().reduce(), s);
                linear().plus(scaled).halved().reduce()
            }
        };
        element.0[0] = word_add(element.0[0], expression.constant);
        element
    }

    #[inline(always)]
    fn signed_sum(&self, expression: &Expression, signs: u8) -> Element {
        let mut sum = Element::ZERO;
        for (place, (wire, _)) in expression.terms[..usize::from(expression.num_terms)]
            .iter()
            .enumerate()
        {
            let element = self.get(*wire);
            sum = if signs >> place & 1 == 1 {
                sum.minus(element)
            } else {
                sum.plus(element)
            };
        }
        sum
    }

    /// A bit of the branching program: `start` and `end` are bits, so most of the formula is choosing.
    fn range_step(&mut self, output: usize, wires: &[u32; 8]) {
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
        self.memory.elements[output..output + 4].copy_from_slice(&results);
    }

    /// The bytes that are hashed.
    fn write_message(&mut self, parts: &[Part]) {
        self.message.clear();
        for part in parts {
            match part {
                Part::Bytes(bytes) => self.message.extend_from_slice(bytes),
                Part::Words(width, wires) => {
                    for &wire in wires {
                        let word = u64::from(self.get(wire).first_word());
                        self.message
                            .extend_from_slice(&word.to_le_bytes()[..*width]);
                    }
                }
                Part::Elements(wires) => {
                    for &wire in wires {
                        let bytes = self.get(wire).to_bytes();
                        self.message.extend_from_slice(&bytes);
                    }
                }
                Part::Digests(wires) => {
                    for &wire in wires {
                        self.message
                            .extend_from_slice(&self.memory.digests[wire as usize]);
                    }
                }
            }
        }
    }

    /// Uniform words: those of the digests of message and counter that are below the modulus, of 31 bits each.
    fn draw(&mut self, output: usize, person: &Person, skip: usize, count: usize) {
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
                        self.put(output + seen - skip, Element::of_word(word));
                    }
                    seen += 1;
                }
            }
            counter += 1;
        }
    }

    fn open(&mut self, output: usize, program: &Program, open: &Open) -> Option<u32> {
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
        let root = &self.memory.digests[open.root as usize];
        let indices = match opening::open(tree, opening, &positions, persons, root) {
            Opened::WrongSize => return Some(open.requirements[0]),
            Opened::WrongRoot => return Some(open.requirements[1]),
            Opened::Leaves(indices) => indices,
        };
        let mut place = output;
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
            for part in row.chunks(6) {
                self.put(place, words(part));
                place += 1;
            }
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
