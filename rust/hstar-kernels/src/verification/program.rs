//! Programs of final verifications, checked when they are loaded so that running them cannot go wrong.

use std::sync::Mutex;

use super::Memory;
use super::element::{Element, montgomery};
use crate::blake2b::{DIGEST, Person};
use hstar_field::MODULUS;

/// Digits of a BITS gate.
pub const NUM_BITS: usize = 31;

/// A Merkle tree that is opened.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    /// It covers `2^log_rows` rows.
    pub log_rows: u32,
    /// Words of a row.
    pub row_width: usize,
    /// A leaf holds `2^log_rows_per_leaf` rows.
    pub log_rows_per_leaf: u32,
    /// Most leaves of an opening.
    pub max_leaves: usize,
}

impl Tree {
    /// Levels between a leaf and the root.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.log_rows - self.log_rows_per_leaf
    }

    /// Words of a leaf.
    #[must_use]
    pub fn leaf_width(&self) -> usize {
        self.row_width << self.log_rows_per_leaf
    }
}

/// What is read from a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Elements of the base field.
    Words(usize),
    /// Elements of the extension.
    Elements(usize),
    /// Digests.
    Digests(usize),
    /// Openings.
    Openings(usize),
}

/// Something that is hashed.
#[derive(Clone, Debug)]
pub enum Part {
    /// Constant bytes.
    Bytes(Vec<u8>),
    /// First words of elements, each as so many bytes.
    Words(usize, Vec<u32>),
    /// Whole elements.
    Elements(Vec<u32>),
    /// Digests.
    Digests(Vec<u32>),
}

/// `s a b + t a + v b + w c + u`; t, v, w in the form that keeps a product's factor.
#[derive(Clone, Copy, Debug)]
pub struct Expression {
    /// Elements.
    pub wires: [u32; 3],
    /// What happens to the product.
    pub product: Product,
    /// t, v, w as Montgomery words.
    pub factors: [u32; 3],
    /// u as a Montgomery word.
    pub constant: u32,
}

/// The factor s of a product.
#[derive(Clone, Copy, Debug)]
pub enum Product {
    /// 0.
    None,
    /// 1.
    Plus,
    /// -1.
    Minus,
    /// Anything else, as a Montgomery word.
    Times(u32),
}

/// A gate. What it gives comes next in the lists of elements and digests.
#[derive(Clone, Debug)]
pub enum Gate {
    /// An element.
    Arithmetic(Expression),
    /// A requirement.
    RequireZero(u32, Expression),
    /// The inverse, 0 for 0.
    Inverse(u32),
    /// A coefficient.
    Lane(u32, usize),
    /// An element from six first words.
    Pack([u32; 6]),
    /// Binary digits of a first word.
    Bits(u32),
    /// A bit of the branching program of the jagged weight.
    RangeStep([u32; 8]),
    /// A factor of a monomial weight.
    MonomialStep([u32; 3]),
    /// A weighed sum of coefficients.
    Weigh([u32; 8]),
    /// BLAKE2b.
    Digest(Person, Vec<Part>),
    /// BLAKE2b in counter mode: how many elements to skip, how many to give.
    Stream(Person, usize, usize, Vec<Part>),
    /// Rows of a tree.
    Open(Box<Open>),
}

/// The operands of an OPEN gate.
#[derive(Clone, Debug)]
pub struct Open {
    /// Number of the tree and of the opening.
    pub tree: usize,
    /// Requirements of size and of root.
    pub requirements: [u32; 2],
    /// Tags of leaves and nodes.
    pub persons: [Person; 2],
    /// A digest.
    pub root: u32,
    /// Bits of the positions, `log_rows` each.
    pub bits: Vec<u32>,
}

/// Everything that a program consists of, as the facade hands it over.
pub struct Source<'a> {
    /// Words of the first elements, six each.
    pub constants: &'a [u32],
    /// The first digests.
    pub digests: Vec<[u8; DIGEST]>,
    /// Constant bytes.
    pub blobs: Vec<Vec<u8>>,
    /// `person` fields.
    pub persons: Vec<Person>,
    /// Opened trees.
    pub trees: Vec<Tree>,
    /// What is read.
    pub inputs: Vec<Input>,
    /// Bytes of the output.
    pub output_bytes: usize,
    /// Number of requirements.
    pub num_requirements: usize,
    /// All gates.
    pub gates: &'a [u32],
}

/// A checked program.
#[derive(Debug)]
pub struct Program {
    pub(super) constants: Vec<Element>,
    pub(super) digests: Vec<[u8; DIGEST]>,
    pub(super) trees: Vec<Tree>,
    pub(super) inputs: Vec<Input>,
    pub(super) output_bytes: usize,
    pub(super) gates: Vec<Gate>,
    pub(super) num_elements: usize,
    /// What the last run used.
    pub(super) spare: Mutex<Option<Memory>>,
}

/// Most elements of a program: bounds its memory.
const MAX_ELEMENTS: usize = 1 << 20;
/// Most elements that one gate draws.
const MAX_DRAWN: usize = 1 << 16;

impl Program {
    /// Checks a program; says what is wrong with it.
    ///
    /// # Errors
    /// A sentence.
    pub fn load(source: &Source<'_>) -> Result<Self, String> {
        let (constants, rest) = source.constants.as_chunks::<6>();
        if !rest.is_empty() || source.constants.iter().any(|&word| word >= MODULUS) {
            return Err("the constants are cut off or not canonical".into());
        }
        let mut loader = Loader::new(source);
        let mut gates = Vec::new();
        while loader.position < source.gates.len() {
            let at = loader.position;
            let gate = loader
                .gate()
                .ok_or_else(|| format!("the gate at word {at} is malformed"))?;
            gates.push(gate);
        }
        Ok(Self {
            constants: constants
                .iter()
                .map(|words| Element::of_words(*words))
                .collect(),
            digests: source.digests.clone(),
            trees: source.trees.clone(),
            inputs: source.inputs.clone(),
            output_bytes: source.output_bytes,
            gates,
            num_elements: loader.is_bit.len(),
            spare: Mutex::new(None),
        })
    }
}

/// Reads gates; `None` for anything that does not fit.
struct Loader<'a> {
    source: &'a Source<'a>,
    position: usize,
    /// For each element whether it is certainly 0 or 1.
    is_bit: Vec<bool>,
    num_digests: usize,
}

impl<'a> Loader<'a> {
    fn new(source: &'a Source<'a>) -> Self {
        let mut is_bit: Vec<bool> = source
            .constants
            .as_chunks::<6>()
            .0
            .iter()
            .map(|words| words[0] <= 1 && words[1..].iter().all(|&word| word == 0))
            .collect();
        is_bit.resize(is_bit.len() + source.output_bytes, false);
        let mut num_digests = source.digests.len();
        for input in &source.inputs {
            match input {
                Input::Words(count) | Input::Elements(count) => {
                    is_bit.resize(is_bit.len() + count, false);
                }
                Input::Digests(count) => num_digests += count,
                Input::Openings(_) => {}
            }
        }
        Self {
            source,
            position: 0,
            is_bit,
            num_digests,
        }
    }

    fn word(&mut self) -> Option<u32> {
        let word = self.source.gates.get(self.position).copied();
        self.position += 1;
        word
    }

    fn count(&mut self) -> Option<usize> {
        let count = self.word()? as usize;
        (count <= MAX_ELEMENTS).then_some(count)
    }

    fn wire(&mut self) -> Option<u32> {
        let wire = self.word()?;
        ((wire as usize) < self.is_bit.len()).then_some(wire)
    }

    fn wires<const COUNT: usize>(&mut self) -> Option<[u32; COUNT]> {
        let mut wires = [0; COUNT];
        for wire in &mut wires {
            *wire = self.wire()?;
        }
        Some(wires)
    }

    fn bit(&mut self) -> Option<u32> {
        let wire = self.wire()?;
        self.is_bit[wire as usize].then_some(wire)
    }

    fn digest(&mut self) -> Option<u32> {
        let digest = self.word()?;
        ((digest as usize) < self.num_digests).then_some(digest)
    }

    fn requirement(&mut self) -> Option<u32> {
        let number = self.word()?;
        ((number as usize) < self.source.num_requirements).then_some(number)
    }

    fn person(&mut self) -> Option<Person> {
        let number = self.word()? as usize;
        self.source.persons.get(number).copied()
    }

    fn coefficient(&mut self) -> Option<u32> {
        let word = self.word()?;
        (word < MODULUS).then_some(word)
    }

    fn expression(&mut self) -> Option<Expression> {
        let wires = self.wires()?;
        let product = match self.coefficient()? {
            0 => Product::None,
            1 => Product::Plus,
            word if word == MODULUS - 1 => Product::Minus,
            word => Product::Times(montgomery(word)),
        };
        let mut words = [0; 4];
        for word in &mut words {
            *word = montgomery(self.coefficient()?);
        }
        let [t, v, w, constant] = words;
        Some(Expression {
            wires,
            product,
            factors: [t, v, w],
            constant,
        })
    }

    fn parts(&mut self) -> Option<Vec<Part>> {
        let count = self.count()?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let (width, count) = (self.word()?, self.count()?);
            let part = match width {
                0 => {
                    let mut bytes = Vec::new();
                    for _ in 0..count {
                        let number = self.word()? as usize;
                        bytes.extend_from_slice(self.source.blobs.get(number)?);
                    }
                    Part::Bytes(bytes)
                }
                1 | 4 | 8 => Part::Words(width as usize, self.many(count, Self::wire)?),
                24 => Part::Elements(self.many(count, Self::wire)?),
                33 => Part::Digests(self.many(count, Self::digest)?),
                _ => return None,
            };
            parts.push(part);
        }
        Some(parts)
    }

    fn many(&mut self, count: usize, take: fn(&mut Self) -> Option<u32>) -> Option<Vec<u32>> {
        (0..count).map(|_| take(self)).collect()
    }

    fn gives(&mut self, count: usize, is_bit: bool) -> Option<()> {
        let end = self.is_bit.len() + count;
        (end <= MAX_ELEMENTS).then(|| self.is_bit.resize(end, is_bit))
    }

    fn gate(&mut self) -> Option<Gate> {
        let (gate, outputs) = match self.word()? {
            0 => (Gate::Arithmetic(self.expression()?), 1),
            1 => (
                Gate::RequireZero(self.requirement()?, self.expression()?),
                0,
            ),
            2 => (Gate::Inverse(self.wire()?), 1),
            3 => {
                let (wire, place) = (self.wire()?, self.word()? as usize);
                (place < 6).then_some((Gate::Lane(wire, place), 1))?
            }
            4 => (Gate::Pack(self.wires()?), 1),
            5 => {
                let wire = self.wire()?;
                self.gives(NUM_BITS, true)?;
                (Gate::Bits(wire), 0)
            }
            10 => {
                let [a, b, c, d, e, f] = self.wires()?;
                (
                    Gate::RangeStep([a, b, c, d, e, f, self.bit()?, self.bit()?]),
                    4,
                )
            }
            11 => (Gate::MonomialStep(self.wires()?), 2),
            12 => (Gate::Weigh(self.wires()?), 1),
            13 => {
                let gate = Gate::Digest(self.person()?, self.parts()?);
                self.num_digests += 1;
                (gate, 0)
            }
            14 => {
                let (person, skip, count) = (self.person()?, self.count()?, self.count()?);
                let parts = self.parts()?;
                let gate = Gate::Stream(person, skip, count, parts);
                (skip + count <= MAX_DRAWN).then_some((gate, count))?
            }
            15 => self.open()?,
            _ => return None,
        };
        self.gives(outputs, false)?;
        Some(gate)
    }

    fn open(&mut self) -> Option<(Gate, usize)> {
        let number = self.word()? as usize;
        let tree = *self.source.trees.get(number)?;
        let requirements = [self.requirement()?, self.requirement()?];
        let persons = [self.person()?, self.person()?];
        let (root, queries) = (self.digest()?, self.count()?);
        let bits = self.many(queries.checked_mul(tree.log_rows as usize)?, Self::bit)?;
        let open = Open {
            tree: number,
            requirements,
            persons,
            root,
            bits,
        };
        let outputs = queries.checked_mul(tree.row_width.div_ceil(6))?;
        Some((Gate::Open(Box::new(open)), outputs))
    }
}
