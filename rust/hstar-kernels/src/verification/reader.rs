//! Reading a proof: strict, with every size bounded before anything is taken.

use super::program::{Input, Program, Tree};
use super::{Element, Opening, Run};
use crate::blake2b::DIGEST;
use hstar_field::MODULUS;

/// Why bytes are not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They end too early.
    CutOff,
    /// A word is not below the modulus.
    NotCanonical,
    /// An opening has more leaves or nodes than there are queries for.
    OpeningSize,
    /// Bytes follow the end.
    Trailing,
    /// The output has another length than the program is for.
    Output,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (part, rest) = self.rest.split_at_checked(count).ok_or(Fault::CutOff)?;
        self.rest = rest;
        Ok(part)
    }

    fn number(&mut self) -> Result<usize, Fault> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("4 bytes")) as usize)
    }

    fn element(&mut self, num_words: usize) -> Result<Element, Fault> {
        let words = self.take(4 * num_words)?.as_chunks::<4>().0;
        require_canonical(words)?;
        Ok(Element::of_words(
            words.iter().map(|word| u32::from_le_bytes(*word)),
        ))
    }

    fn digest(&mut self) -> Result<[u8; DIGEST], Fault> {
        Ok(self.take(DIGEST)?.try_into().expect("33 bytes"))
    }

    fn opening(&mut self, tree: &Tree) -> Result<Opening<'a>, Fault> {
        let (num_leaves, num_nodes) = (self.number()?, self.number()?);
        let most_nodes = tree.max_leaves * tree.depth() as usize;
        if num_leaves < 1 || num_leaves > tree.max_leaves || num_nodes > most_nodes {
            return Err(Fault::OpeningSize);
        }
        let mut leaves: &[u8] = &self.rest[..0];
        let whole = self.rest;
        for _ in 0..num_leaves {
            let leaf = self.take(4 * tree.leaf_width())?;
            require_canonical(leaf.as_chunks().0)?;
            leaves = &whole[..whole.len() - self.rest.len()];
        }
        let nodes = self.take(DIGEST * num_nodes)?;
        Ok(Opening { leaves, nodes })
    }
}

fn require_canonical(words: &[[u8; 4]]) -> Result<(), Fault> {
    let largest = words.iter().map(|word| u32::from_le_bytes(*word)).max();
    if largest.is_some_and(|word| word >= MODULUS) {
        return Err(Fault::NotCanonical);
    }
    Ok(())
}

impl<'a> Run<'a> {
    /// Takes in everything that the program reads.
    pub(super) fn read(&mut self, program: &Program, body: &'a [u8]) -> Result<(), Fault> {
        let mut reader = Reader { rest: body };
        for input in &program.inputs {
            match *input {
                Input::Words(count) => {
                    for _ in 0..count {
                        self.next_element(reader.element(1)?);
                    }
                }
                Input::Elements(count) => {
                    for _ in 0..count {
                        self.next_element(reader.element(6)?);
                    }
                }
                Input::Digests(count) => {
                    for _ in 0..count {
                        self.next_digest(reader.digest()?);
                    }
                }
                Input::Openings(count) => {
                    for _ in 0..count {
                        let tree = program
                            .trees
                            .get(self.openings.len())
                            .ok_or(Fault::CutOff)?;
                        self.openings.push(reader.opening(tree)?);
                    }
                }
            }
        }
        if reader.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::Trailing)
        }
    }
}
