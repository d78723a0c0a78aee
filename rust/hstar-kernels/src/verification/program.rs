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

/// `s a b + t a + v b + w c + u`.
#[derive(Clone, Copy, Debug)]
pub struct Expression {
    /// a and b, where there is a product.
    pub factors: [u32; 2],
    /// What happens to the product.
    pub product: Product,
    /// How many terms there are.
    pub num_terms: u8,
    /// Elements and their coefficients, as Montgomery words.
    pub terms: [(u32, u32); 3],
    /// u as a Montgomery word.
    pub constant: u32,
}

impl Expression {
    /// Expressions of one kind take the same way.
    fn kind(&self) -> u32 {
        let product = match self.product {
            Product::None => 0,
            Product::Plus => 1,
            Product::Minus => 2,
            Product::Times(_) => 3,
            Product::Signs(_) => 4,
        };
        4 * product + u32::from(self.num_terms)
    }
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
    /// 0, and the coefficients of all terms are 1 or -1; bit i says that of term i it is -1.
    Signs(u8),
}

/// A gate, and where its results go.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What it does.
    pub gate: Gate,
    /// The first element or the digest that it gives.
    pub output: u32,
    /// Its place in the program: of several requirements that fail, the first one counts.
    pub order: u32,
}

/// What a gate does.
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

impl Gate {
    /// Gates of one kind take the same way.
    fn kind(&self) -> u32 {
        match self {
            Self::Arithmetic(expression) => expression.kind(),
            Self::RequireZero(_, expression) => 20 + expression.kind(),
            Self::Inverse(_) => 40,
            Self::Lane(..) => 41,
            Self::Pack(_) => 42,
            Self::Bits(_) => 43,
            Self::RangeStep(_) => 44,
            Self::MonomialStep(_) => 45,
            Self::Weigh(_) => 46,
            Self::Digest(..) => 47,
            Self::Stream(..) => 48,
            Self::Open(_) => 49,
        }
    }
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
    /// In an order in which neighbours mostly do not wait for each other, and do the same.
    pub(super) gates: Vec<Placed>,
    pub(super) num_elements: usize,
    pub(super) num_digests: usize,
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
            let order = gates.len() as u32;
            let (gate, output) = loader
                .gate()
                .ok_or_else(|| format!("the gate at word {at} is malformed"))?;
            let placed = Placed {
                gate,
                output,
                order,
            };
            gates.push((loader.depth, placed.gate.kind(), placed));
        }
        gates.sort_by_key(|(depth, kind, placed)| (*depth, *kind, placed.order));
        Ok(Self {
            constants: constants
                .iter()
                .map(|words| Element::of_words(*words))
                .collect(),
            digests: source.digests.clone(),
            trees: source.trees.clone(),
            inputs: source.inputs.clone(),
            output_bytes: source.output_bytes,
            gates: gates.into_iter().map(|(_, _, placed)| placed).collect(),
            num_elements: loader.is_bit.len(),
            num_digests: loader.digest_depths.len(),
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
    /// How many gates each element and digest waits for.
    depths: Vec<u32>,
    digest_depths: Vec<u32>,
    /// The same of the last gate.
    depth: u32,
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
            depths: vec![0; is_bit.len()],
            is_bit,
            digest_depths: vec![0; num_digests],
            depth: 0,
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
        self.depth = self.depth.max(*self.depths.get(wire as usize)?);
        Some(wire)
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
        self.depth = self.depth.max(*self.digest_depths.get(digest as usize)?);
        Some(digest)
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
        let [a, b, c] = self.wires()?;
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
        let (mut terms, mut num_terms) = ([(0, 0); 3], 0);
        for term in [(a, t), (b, v), (c, w)] {
            if term.1 != 0 {
                terms[num_terms] = term;
                num_terms += 1;
            }
        }
        let minus_one = MODULUS - Element::ONE.0[0];
        let mut signs = 0;
        for (place, (_, word)) in terms[..num_terms].iter().enumerate() {
            signs |= u8::from(*word == minus_one) << place;
        }
        let are_signs = terms[..num_terms]
            .iter()
            .all(|(_, word)| *word == minus_one || *word == Element::ONE.0[0]);
        let product = match product {
            Product::None if are_signs => Product::Signs(signs),
            product => product,
        };
        Some(Expression {
            factors: [a, b],
            product,
            num_terms: num_terms as u8,
            terms,
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

    /// The first of so many new elements.
    fn gives(&mut self, count: usize, is_bit: bool) -> Option<u32> {
        let first = self.is_bit.len();
        if first + count > MAX_ELEMENTS {
            return None;
        }
        self.is_bit.resize(first + count, is_bit);
        self.depths.resize(first + count, self.depth + 1);
        Some(first as u32)
    }

    /// A gate and its output.
    fn gate(&mut self) -> Option<(Gate, u32)> {
        self.depth = 0;
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
                return Some((Gate::Bits(wire), self.gives(NUM_BITS, true)?));
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
                self.digest_depths.push(self.depth + 1);
                return Some((gate, self.digest_depths.len() as u32 - 1));
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
        let first = self.gives(outputs, false)?;
        Some((gate, first))
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
