//! The sumcheck of one layer of the tree of fractions.
//!
//! The first two passes read the layer's nodes; from then on a node of the shrinking layer is a quad `p0, p1 + lambda
//! q1, q0, q1`. A pass folds by the last challenge and sums for the next round in one go.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::sums::ExtensionSum;
use hstar_field::{LANES, Lanes, Native, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::eq::{eq_table, halve};
use super::fractions::{Layer, Piece, Segment, deinterleave, or_padding, splat_pack, tasks};
use super::memory::{Buffer, Shared};
use super::scalar::{complete_round, zero_weight};

type L = Native;

/// Packs of a quad.
const QUAD: usize = 4;
/// Row bits from which on the quads are one segment: then every leaf has exactly one pack of them.
const DENSE_BITS: usize = LANES.ilog2() as usize;
/// Packs of pairs that are worked on at a time; their quads fit in the first-level cache.
const BLOCK: usize = 8;
/// From this many packs on a piece has sums of its own, scaled once, instead of scaled weights.
const OWN_SUMS: usize = 64;

/// Memory that layers use one after the other.
#[derive(Default)]
pub struct LayerMemory {
    current: Buffer,
    next: Buffer,
}

/// `eq` over the low unbound variables without this round's; the high ones, where every index has zeros, are a factor.
#[derive(Default)]
struct Weights {
    table: Buffer,
    bits: usize,
}

impl Weights {
    /// For indices below `count`.
    fn new(point: &[Sextic], count: usize) -> Self {
        let needed = (count.max(1) - 1)
            .checked_ilog2()
            .map_or(0, |log| log as usize + 1);
        let bits = needed.min(point.len());
        Self {
            table: eq_table(&point[..bits], Sextic::ONE),
            bits,
        }
    }

    fn bind(&mut self) {
        if self.bits > 0 {
            halve(&mut self.table, 1 << self.bits);
            self.bits -= 1;
        }
    }
}

/// Where a pass reads.
enum Source {
    Nodes(Layer),
    Quads,
}

/// `sum_x eq(z, x) (p0 q1 + p1 q0 + lambda q0 q1 - lambda)(x)` over the nodes of a layer, eq taken out.
///
/// Subtracting `lambda`, the value of 0/1, makes what is not stored contribute nothing; it changes `c_0` alone.
pub struct LayerSum {
    source: Source,
    /// Of the pairs that the source holds.
    segments: Vec<Segment>,
    /// Coordinates that are not bound.
    point: Vec<Sextic>,
    lambda: Sextic,
    /// Of this round, less lambda.
    claim: Sextic,
    round: Option<[Sextic; 3]>,
    pending: Option<Sextic>,
    is_dense: bool,
    log_leaves: usize,
    leaf_weights: Buffer,
    weights: Weights,
    memory: LayerMemory,
}

impl LayerSum {
    pub(super) fn new(
        layer: Layer,
        log_leaves: usize,
        point: Vec<Sextic>,
        lambda: Sextic,
        claim: Sextic,
        memory: LayerMemory,
    ) -> Self {
        let is_dense = layer.is_dense;
        let segments = halved(&layer.segments);
        let leaf_weights = if is_dense {
            Buffer::default()
        } else {
            eq_table(&point[point.len() - log_leaves..], Sextic::ONE)
        };
        let mut sum = Self {
            source: Source::Nodes(layer),
            segments,
            point,
            lambda,
            claim: claim - lambda,
            round: None,
            pending: None,
            is_dense,
            log_leaves,
            leaf_weights,
            weights: Weights::default(),
            memory,
        };
        sum.reset_weights();
        sum
    }

    /// Unbound variables of an index inside a segment.
    fn segment_bits(&self) -> usize {
        if self.is_dense {
            self.point.len()
        } else {
            self.point.len() - self.log_leaves
        }
    }

    fn reset_weights(&mut self) {
        let bits = self.segment_bits();
        let longest = self
            .segments
            .iter()
            .map(|segment| segment.count.div_ceil(2))
            .max()
            .unwrap_or(0);
        self.weights = Weights::new(self.point.get(1..bits).unwrap_or(&[]), longest);
    }

    /// `c_1` and `c_2` of the lowest unbound variable.
    ///
    /// # Panics
    /// When no variable is left.
    pub fn round_polynomial(&mut self) -> (Sextic, Sextic) {
        if let Some([_, c1, c2]) = self.round {
            return (c1, c2);
        }
        let z = *self.point.first().expect("a variable is left");
        let [value, c2] = self.pass(Some(z == Sextic::ZERO));
        let high = zero_weight(&self.point[1 + self.weights.bits..self.segment_bits()]);
        let (value, c2) = (value * high, c2 * high);
        let (c0, c1) = complete_round(self.claim, z, value, c2);
        self.round = Some([c0, c1, c2]);
        (c1, c2)
    }

    /// Sets the lowest unbound variable.
    ///
    /// # Panics
    /// When no variable is left.
    pub fn bind(&mut self, coordinate: Sextic) {
        self.round_polynomial();
        if let Some([c0, c1, c2]) = self.round.take() {
            self.claim = c0 + coordinate * (c1 + coordinate * c2);
        }
        self.point.remove(0);
        self.weights.bind();
        self.pending = Some(coordinate);
        if self.point.is_empty() {
            self.pass(None);
        } else if !self.is_dense && self.segment_bits() == DENSE_BITS {
            self.pass(None);
            self.gather();
        }
    }

    /// `p0, p1, q0, q1` at the bound point, and the memory for the next layer.
    ///
    /// # Panics
    /// When a variable is left.
    #[must_use]
    pub fn finish(self) -> ([Sextic; 4], LayerMemory) {
        assert!(self.point.is_empty());
        let stored = self
            .segments
            .first()
            .is_some_and(|segment| segment.count > 0);
        let [p0, p1, q0, q1] = match &self.source {
            Source::Nodes(layer) => {
                let ((p0, q0), (p1, q1)) = (layer.first_node(0), layer.first_node(1));
                return ([p0, p1, q0, q1], self.memory);
            }
            Source::Quads if stored => {
                core::array::from_fn(|i| Sextic::of_lane(&self.memory.current[i], 0))
            }
            Source::Quads => [Sextic::ZERO, self.lambda, Sextic::ONE, Sextic::ONE],
        };
        ([p0, p1 - self.lambda * q1, q0, q1], self.memory)
    }

    /// The quads of the fraction 0/1.
    fn padding(&self) -> [Pack; QUAD] {
        [Sextic::ZERO, self.lambda, Sextic::ONE, Sextic::ONE].map(splat_pack)
    }

    /// Makes one segment of all leaves up to the last one in use; each has one pack of quads.
    fn gather(&mut self) {
        let leaves = self
            .segments
            .iter()
            .map(|segment| segment.leaf + 1)
            .max()
            .unwrap_or(0);
        let padding = self.padding();
        self.memory.next.grow(leaves * QUAD);
        for quad in self.memory.next[..leaves * QUAD].as_chunks_mut::<QUAD>().0 {
            *quad = padding;
        }
        for segment in &self.segments {
            let (from, to) = (segment.offset * QUAD, segment.leaf * QUAD);
            self.memory.next[to..to + QUAD]
                .copy_from_slice(&self.memory.current[from..from + QUAD]);
        }
        core::mem::swap(&mut self.memory.current, &mut self.memory.next);
        self.segments = vec![Segment {
            leaf: 0,
            offset: 0,
            count: leaves << DENSE_BITS,
        }];
        self.is_dense = true;
        self.reset_weights();
    }

    /// Folds if a challenge is pending; sums for the next round, at 0 or at 1, if `at_one` says which.
    fn pass(&mut self, at_one: Option<bool>) -> [Sextic; 2] {
        let pending = self.pending.take();
        let targets = if pending.is_some() {
            halved(&self.segments)
        } else {
            self.segments.clone()
        };
        let mut next = core::mem::take(&mut self.memory.next);
        if pending.is_some() {
            next.grow(
                targets
                    .last()
                    .map_or(0, |s| (s.offset + s.count.div_ceil(LANES)) * QUAD),
            );
        }
        let shared = Shared::new(&mut next);
        let context = Context {
            sum: self,
            fold: pending.map(Multiplier::splat),
            lambda: Multiplier::splat(self.lambda),
            padding: self.padding(),
            at_one,
            targets: &targets,
            out: shared,
        };
        let packs = |segment: &Segment| match at_one {
            Some(_) => segment.count.div_ceil(2).div_ceil(LANES),
            None => segment.count.div_ceil(2 * LANES),
        };
        let tasks = tasks(targets.iter().map(packs));
        let sums = if tasks.len() < 2 {
            tasks
                .iter()
                .map(|task| context.run(task))
                .fold([Sextic::ZERO; 2], add_sums)
        } else {
            tasks
                .par_iter()
                .map(|task| context.run(task))
                .reduce(|| [Sextic::ZERO; 2], add_sums)
        };
        if pending.is_some() {
            self.memory.next = core::mem::replace(&mut self.memory.current, next);
            self.segments = targets;
            self.source = Source::Quads;
        } else {
            self.memory.next = next;
        }
        sums
    }
}

fn add_sums(a: [Sextic; 2], b: [Sextic; 2]) -> [Sextic; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

/// The segments after one variable was bound, laid end to end.
fn halved(segments: &[Segment]) -> Vec<Segment> {
    let mut offset = 0;
    segments
        .iter()
        .map(|segment| {
            let count = segment.count.div_ceil(2);
            let start = offset;
            offset += count.div_ceil(LANES);
            Segment {
                leaf: segment.leaf,
                offset: start,
                count,
            }
        })
        .collect()
}

/// What one pass needs everywhere.
struct Context<'a> {
    sum: &'a LayerSum,
    fold: Option<Multiplier<L>>,
    lambda: Multiplier<L>,
    padding: [Pack; QUAD],
    at_one: Option<bool>,
    targets: &'a [Segment],
    out: Shared<'a, Pack>,
}

/// Scratch of a task.
struct Scratch {
    quads: Vec<Pack>,
    values: [[Pack; BLOCK]; 2],
    weights: [Pack; BLOCK],
}

impl Context<'_> {
    fn run(&self, task: &[Piece]) -> [Sextic; 2] {
        let mut scratch = Scratch {
            quads: vec![ZERO_PACK; 2 * BLOCK * QUAD],
            values: [[ZERO_PACK; BLOCK]; 2],
            weights: [ZERO_PACK; BLOCK],
        };
        let mut common = [ExtensionSum::<L>::default(), ExtensionSum::default()];
        let mut total = [Sextic::ZERO; 2];
        for piece in task {
            if self.sum.is_dense {
                self.run_piece(piece, None, &mut scratch, &mut common);
                continue;
            }
            let weight = Sextic::of_packs(&self.sum.leaf_weights, self.targets[piece.segment].leaf);
            if piece.packs < OWN_SUMS {
                self.run_piece(piece, Some(weight), &mut scratch, &mut common);
            } else {
                let mut own = [ExtensionSum::<L>::default(), ExtensionSum::default()];
                self.run_piece(piece, None, &mut scratch, &mut own);
                total = add_sums(total, own.map(|sum| sum.finish() * weight));
            }
        }
        add_sums(total, common.map(|sum| sum.finish()))
    }

    fn run_piece(
        &self,
        piece: &Piece,
        weight: Option<Sextic>,
        scratch: &mut Scratch,
        sums: &mut [ExtensionSum<L>; 2],
    ) {
        let target = self.targets[piece.segment];
        let num_quads = target.count.div_ceil(LANES);
        let weight = weight.map(Multiplier::<L>::splat);
        for start in (piece.start..piece.start + piece.packs).step_by(BLOCK) {
            let packs = BLOCK.min(piece.start + piece.packs - start);
            let first = 2 * start;
            let length = (2 * packs).min(num_quads - first);
            let quads = self.quads(piece.segment, first, length, &mut scratch.quads);
            let Some(at_one) = self.at_one else { continue };
            let [value, second] = &mut scratch.values;
            for pair in 0..packs {
                self.evaluate(quads, pair, at_one, (&mut value[pair], &mut second[pair]));
            }
            let mut weights = &self.sum.weights.table[start..start + packs];
            if let Some(factor) = &weight {
                for (out, weight) in scratch.weights.iter_mut().zip(weights) {
                    for part in 0..L::PARTS {
                        packed::store(factor.multiply(packed::load(weight, part)), out, part);
                    }
                }
                weights = &scratch.weights[..packs];
            }
            sums[0].add(&value[..packs], weights);
            sums[1].add(&second[..packs], weights);
        }
    }

    /// Quads `first ..` of a segment after folding.
    #[inline(always)]
    fn quads<'b>(
        &'b self,
        segment: usize,
        first: usize,
        length: usize,
        scratch: &'b mut [Pack],
    ) -> &'b [Pack] {
        let target = self.targets[segment];
        let (range_start, range_length) = ((target.offset + first) * QUAD, length * QUAD);
        match (&self.sum.source, &self.fold) {
            (Source::Quads, None) => {
                &self.sum.memory.current[range_start..range_start + range_length]
            }
            (Source::Nodes(layer), None) => {
                let out = &mut scratch[..range_length];
                self.quads_of_nodes(layer.nodes(segment), first, out);
                out
            }
            (source, Some(fold)) => {
                // SAFETY: pieces of different tasks do not overlap, and a task writes a range before it reads it.
                let out = unsafe { self.out.range(range_start, range_length) };
                match source {
                    Source::Nodes(layer) => self.fold_nodes(layer.nodes(segment), fold, first, out),
                    Source::Quads => {
                        let from = self.sum.segments[segment];
                        let start = from.offset * QUAD;
                        let end = start + from.count.div_ceil(LANES) * QUAD;
                        self.fold_quads(&self.sum.memory.current[start..end], fold, first, out);
                    }
                }
                out
            }
        }
    }

    fn quads_of_nodes(&self, (p, q): (&[Pack], &[Pack]), first: usize, out: &mut [Pack]) {
        let [zero, _, one, _] = &self.padding;
        for (index, quad) in out.as_chunks_mut::<QUAD>().0.iter_mut().enumerate() {
            let at = 2 * (first + index);
            let [p0, p1, q0, q1] = quad;
            deinterleave(&p[at], or_padding(p, at + 1, zero), p0, p1);
            deinterleave(&q[at], or_padding(q, at + 1, one), q0, q1);
            self.add_lambda(p1, q1);
        }
    }

    #[inline(always)]
    fn add_lambda(&self, p1: &mut Pack, q1: &Pack) {
        for part in 0..L::PARTS {
            let product = self.lambda.multiply(packed::load(q1, part));
            packed::store(packed::add(packed::load(p1, part), product), p1, part);
        }
    }

    fn fold_nodes(
        &self,
        (p, q): (&[Pack], &[Pack]),
        fold: &Multiplier<L>,
        first: usize,
        out: &mut [Pack],
    ) {
        let [zero, _, one, _] = &self.padding;
        let mut children = [[ZERO_PACK; 2]; 2];
        for (index, quad) in out.as_chunks_mut::<QUAD>().0.iter_mut().enumerate() {
            let at = 4 * (first + index);
            let [p0, p1, q0, q1] = quad;
            for (packs, padding, out) in [(p, zero, [p0, p1]), (q, one, [q0, q1])] {
                for (half, children) in children.iter_mut().enumerate() {
                    let at = at + 2 * half;
                    let [even, odd] = children;
                    let (a, b) = (
                        or_padding(packs, at, padding),
                        or_padding(packs, at + 1, padding),
                    );
                    deinterleave(a, b, even, odd);
                }
                for (child, out) in out.into_iter().enumerate() {
                    fold_packs(&children[0][child], &children[1][child], fold, out);
                }
            }
            let [_, p1, _, q1] = quad;
            self.add_lambda(p1, q1);
        }
    }

    fn fold_quads(&self, quads: &[Pack], fold: &Multiplier<L>, first: usize, out: &mut [Pack]) {
        for (index, quad) in out.as_chunks_mut::<QUAD>().0.iter_mut().enumerate() {
            let at = 2 * (first + index) * QUAD;
            for (i, out) in quad.iter_mut().enumerate() {
                fold_packs(
                    &quads[at + i],
                    or_padding(quads, at + QUAD + i, &self.padding[i]),
                    fold,
                    out,
                );
            }
        }
    }

    /// Value (at 0 or 1) and leading coefficient of 16 pairs.
    #[inline(always)]
    fn evaluate(
        &self,
        quads: &[Pack],
        pair: usize,
        at_one: bool,
        (value, second): (&mut Pack, &mut Pack),
    ) {
        let at = 2 * pair * QUAD;
        let mut ends = [[ZERO_PACK; QUAD]; 2];
        let [low, high] = &mut ends;
        for i in 0..QUAD {
            let upper = or_padding(quads, at + QUAD + i, &self.padding[i]);
            deinterleave(&quads[at + i], upper, &mut low[i], &mut high[i]);
        }
        let end = usize::from(at_one);
        for part in 0..L::PARTS {
            let at_end = ends[end]
                .each_ref()
                .map(|pack| packed::load::<L>(pack, part));
            let lambda = packed::load(&self.padding[1], part);
            packed::store(packed::sub(node_value(at_end), lambda), value, part);
            let [low, high] = &ends;
            let slope = core::array::from_fn(|i| {
                packed::sub(packed::load(&high[i], part), packed::load(&low[i], part))
            });
            packed::store(node_value(slope), second, part);
        }
    }
}

/// `p0 q1 + (p1 + lambda q1) q0`.
#[inline(always)]
fn node_value([p0, p1, q0, q1]: [Part<L>; QUAD]) -> Part<L> {
    packed::add(packed::multiply(p0, q1), packed::multiply(p1, q0))
}

/// `low + r (high - low)`, where `low` and `high` are the even and odd elements of two packs.
#[inline(always)]
fn fold_packs(first: &Pack, second: &Pack, fold: &Multiplier<L>, out: &mut Pack) {
    let (mut low, mut high) = (ZERO_PACK, ZERO_PACK);
    deinterleave(first, second, &mut low, &mut high);
    for part in 0..L::PARTS {
        let low = packed::load(&low, part);
        let difference = packed::sub(packed::load(&high, part), low);
        packed::store(packed::add(low, fold.multiply(difference)), out, part);
    }
}
