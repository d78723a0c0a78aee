//! The tree of fractions of LogUp-GKR, and the sumcheck of one of its layers.
//!
//! Node `x` of a layer has the children `2x` and `2x + 1`; `p = p0 q1 + p1 q0`, `q = q0 q1`. A layer holds one segment
//! a leaf while its rows are many, and a single segment over `leaf * 2^row_bits + row` once they are few. What a
//! segment does not hold is the fraction 0/1; it folds to 0/1 and contributes to no coefficient that is sent.

use hstar_field::packed::{self, Multiplier};
use hstar_field::{LANES, Lanes, Native, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::layer::{LayerMemory, LayerSum};
use super::memory::{Buffer, Shared};

type L = Native;

/// Row bits from which on a layer of nodes is a single segment: a segment a leaf would leave most lanes of its only
/// pack empty.
const DENSE_NODE_BITS: usize = 5;
/// Packs of pairs in one task.
const TASK: usize = 128;

/// Numerators and denominators of one leaf; lanes beyond `count` are ignored.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    /// Its index in the tree.
    pub index: usize,
    /// Rows that are not 0/1.
    pub count: usize,
    /// Numerators.
    pub p: &'a [Pack],
    /// Denominators.
    pub q: &'a [Pack],
}

/// What one leaf has in a layer: `count` nodes from pack `offset` on.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub leaf: usize,
    pub offset: usize,
    pub count: usize,
}

/// One layer of nodes. Lanes beyond the end of a segment hold 0/1.
#[derive(Default)]
pub(super) struct Layer {
    pub segments: Vec<Segment>,
    p: Buffer,
    q: Buffer,
    row_bits: usize,
    pub is_dense: bool,
}

impl Layer {
    /// Numerators and denominators of a segment.
    #[inline(always)]
    pub fn nodes(&self, segment: usize) -> (&[Pack], &[Pack]) {
        let Segment { offset, count, .. } = self.segments[segment];
        let range = offset..offset + count.div_ceil(LANES);
        (&self.p[range.clone()], &self.q[range])
    }

    /// A node of the first segment.
    pub fn first_node(&self, index: usize) -> (Sextic, Sextic) {
        if self
            .segments
            .first()
            .is_none_or(|segment| index >= segment.count)
        {
            return (Sextic::ZERO, Sextic::ONE);
        }
        (
            Sextic::of_packs(&self.p, index),
            Sextic::of_packs(&self.q, index),
        )
    }
}

pub(super) fn splat_pack(element: Sextic) -> Pack {
    element.0.map(|word| [word; LANES])
}

fn one_pack() -> Pack {
    splat_pack(Sextic::ONE)
}

/// Sets the lanes from `count` on.
fn set_lanes_from(pack: &mut Pack, count: usize, element: Sextic) {
    for (plane, word) in pack.iter_mut().zip(element.0) {
        plane[count..].fill(word);
    }
}

/// All layers, from the leaves up to the first one that is sent.
pub struct FractionTree {
    /// Last the layer nearest to the root.
    layers: Vec<Layer>,
    log_leaves: usize,
    roots: Vec<(Sextic, Sextic)>,
}

impl FractionTree {
    /// Computes all layers.
    ///
    /// The leaves' index is `leaf * 2^log_rows + row`; layer `first_layer` is the one whose nodes are sent.
    #[must_use]
    pub fn new(
        leaves: &[Leaf<'_>],
        log_leaves: usize,
        log_rows: usize,
        first_layer: usize,
    ) -> Self {
        let mut layer = copy_leaves(leaves, log_rows);
        let mut layers = Vec::with_capacity(log_leaves + log_rows);
        for _ in first_layer..log_leaves + log_rows {
            if !layer.is_dense && layer.row_bits <= DENSE_NODE_BITS {
                layer = gather(&layer);
            }
            let next = combine(&layer);
            layers.push(layer);
            layer = next;
        }
        if !layer.is_dense {
            layer = gather(&layer);
        }
        let roots = (0..1 << first_layer)
            .map(|index| layer.first_node(index))
            .collect();
        Self {
            layers,
            log_leaves,
            roots,
        }
    }

    /// Numerator and denominator of each node of the first layer.
    #[must_use]
    pub fn roots(&self) -> &[(Sextic, Sextic)] {
        &self.roots
    }

    /// Layers that are left to prove.
    #[must_use]
    pub fn num_layers(&self) -> usize {
        self.layers.len()
    }

    /// The sumcheck of the next layer, whose nodes are claimed to have the value `claim` at `point`.
    ///
    /// # Panics
    /// When no layer is left.
    #[must_use]
    pub fn next_layer(
        &mut self,
        point: Vec<Sextic>,
        lambda: Sextic,
        claim: Sextic,
        memory: LayerMemory,
    ) -> LayerSum {
        let layer = self.layers.pop().expect("a layer is left");
        LayerSum::new(layer, self.log_leaves, point, lambda, claim, memory)
    }
}

/// Aligned copies with the padding that all further layers have.
fn copy_leaves(leaves: &[Leaf<'_>], log_rows: usize) -> Layer {
    let mut segments = Vec::with_capacity(leaves.len());
    let mut offset = 0;
    for leaf in leaves.iter().filter(|leaf| leaf.count > 0) {
        segments.push(Segment {
            leaf: leaf.index,
            offset,
            count: leaf.count,
        });
        offset += leaf.count.div_ceil(LANES);
    }
    let (mut p, mut q) = (Buffer::unspecified(offset), Buffer::unspecified(offset));
    let (shared_p, shared_q) = (Shared::new(&mut p), Shared::new(&mut q));
    let present: Vec<&Leaf<'_>> = leaves.iter().filter(|leaf| leaf.count > 0).collect();
    segments
        .par_iter()
        .zip(&present)
        .for_each(|(segment, leaf)| {
            let packs = segment.count.div_ceil(LANES);
            // SAFETY: segments do not overlap.
            let (p, q) = unsafe {
                (
                    shared_p.range(segment.offset, packs),
                    shared_q.range(segment.offset, packs),
                )
            };
            p.copy_from_slice(&leaf.p[..packs]);
            q.copy_from_slice(&leaf.q[..packs]);
            if segment.count % LANES > 0 {
                set_lanes_from(&mut p[packs - 1], segment.count % LANES, Sextic::ZERO);
                set_lanes_from(&mut q[packs - 1], segment.count % LANES, Sextic::ONE);
            }
        });
    Layer {
        segments,
        p,
        q,
        row_bits: log_rows,
        is_dense: false,
    }
}

/// The layer as one segment over all leaf indices up to the last one in use.
fn gather(layer: &Layer) -> Layer {
    let leaves = layer
        .segments
        .iter()
        .map(|segment| segment.leaf + 1)
        .max()
        .unwrap_or(0);
    let count = leaves << layer.row_bits;
    let packs = count.div_ceil(LANES);
    let (mut p, mut q) = (Buffer::zeros(packs), Buffer::unspecified(packs));
    q.fill(one_pack());
    for segment in &layer.segments {
        for row in 0..segment.count {
            let index = (segment.leaf << layer.row_bits) + row;
            let at = segment.offset * LANES + row;
            Sextic::of_packs(&layer.p, at).to_lane(&mut p[index / LANES], index % LANES);
            Sextic::of_packs(&layer.q, at).to_lane(&mut q[index / LANES], index % LANES);
        }
    }
    let segments = vec![Segment {
        leaf: 0,
        offset: 0,
        count,
    }];
    Layer {
        segments,
        p,
        q,
        row_bits: layer.row_bits,
        is_dense: true,
    }
}

/// A piece of a segment: `packs` packs of its output from `start` on.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub segment: usize,
    pub start: usize,
    pub packs: usize,
}

/// Cuts segments into pieces, and groups these into tasks of about equal work.
pub(super) fn tasks(packs: impl Iterator<Item = usize>) -> Vec<Vec<Piece>> {
    let (mut tasks, mut task, mut filled) = (Vec::new(), Vec::new(), 0);
    for (segment, packs) in packs.enumerate() {
        let mut start = 0;
        while start < packs {
            let length = (packs - start).min(TASK - filled);
            task.push(Piece {
                segment,
                start,
                packs: length,
            });
            start += length;
            filled += length;
            if filled == TASK {
                tasks.push(core::mem::take(&mut task));
                filled = 0;
            }
        }
    }
    if !task.is_empty() {
        tasks.push(task);
    }
    tasks
}

/// Pack `index` of a range of `packs` packs, or `padding` behind its end.
#[inline(always)]
pub(super) fn or_padding<'a>(packs: &'a [Pack], index: usize, padding: &'a Pack) -> &'a Pack {
    packs.get(index).unwrap_or(padding)
}

#[inline(always)]
pub(super) fn deinterleave(first: &Pack, second: &Pack, even: &mut Pack, odd: &mut Pack) {
    for plane in 0..6 {
        (even[plane], odd[plane]) = packed::separate::<1>(&first[plane], &second[plane]);
    }
}

/// The next layer up.
fn combine(layer: &Layer) -> Layer {
    let mut segments = Vec::with_capacity(layer.segments.len());
    let mut offset = 0;
    for segment in &layer.segments {
        let count = segment.count.div_ceil(2);
        segments.push(Segment {
            leaf: segment.leaf,
            offset,
            count,
        });
        offset += count.div_ceil(LANES);
    }
    let (mut p, mut q) = (Buffer::unspecified(offset), Buffer::unspecified(offset));
    let (shared_p, shared_q) = (Shared::new(&mut p), Shared::new(&mut q));
    let tasks = tasks(segments.iter().map(|segment| segment.count.div_ceil(LANES)));
    tasks.par_iter().for_each(|task| {
        for piece in task {
            let to = &segments[piece.segment];
            let source = layer.nodes(piece.segment);
            // SAFETY: pieces do not overlap.
            let (p, q) = unsafe {
                (
                    shared_p.range(to.offset + piece.start, piece.packs),
                    shared_q.range(to.offset + piece.start, piece.packs),
                )
            };
            combine_piece(source, piece.start, p, q);
        }
    });
    Layer {
        segments,
        p,
        q,
        row_bits: layer.row_bits.saturating_sub(1),
        is_dense: layer.is_dense,
    }
}

fn combine_piece(
    (p_in, q_in): (&[Pack], &[Pack]),
    start: usize,
    p_out: &mut [Pack],
    q_out: &mut [Pack],
) {
    let one = one_pack();
    let [mut p0, mut p1, mut q0, mut q1] = [ZERO_PACK; 4];
    for (index, (p, q)) in p_out.iter_mut().zip(q_out).enumerate() {
        let at = 2 * (start + index);
        deinterleave(
            &p_in[at],
            or_padding(p_in, at + 1, &ZERO_PACK),
            &mut p0,
            &mut p1,
        );
        deinterleave(&q_in[at], or_padding(q_in, at + 1, &one), &mut q0, &mut q1);
        for part in 0..L::PARTS {
            let (q0, q1) = (packed::load::<L>(&q0, part), packed::load::<L>(&q1, part));
            let (left, right) = (Multiplier::new(q0), Multiplier::new(q1));
            let sum = packed::add(
                right.multiply(packed::load(&p0, part)),
                left.multiply(packed::load(&p1, part)),
            );
            packed::store(sum, p, part);
            packed::store(right.multiply(q0), q, part);
        }
    }
}
