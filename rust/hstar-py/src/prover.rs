//! Glue for the prover's phases: objects that keep their tables between rounds.

use hstar_field::{LANES, Pack, Sextic};
use hstar_kernels::program::as_packs_mut;
use hstar_kernels::prover::blocks::{self, JaggedWeight};
use hstar_kernels::prover::fractions::{FractionTree, Leaf};
use hstar_kernels::prover::jagged::{self, EqRange};
use hstar_kernels::prover::layer::{LayerMemory, LayerSum};
use hstar_kernels::threads::in_pool;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::buffers::{input, output};

/// Six canonical coefficients.
pub type Element = [u32; 6];

pub fn elements(values: Vec<Element>) -> Vec<Sextic> {
    values.into_iter().map(Sextic::from_canonical).collect()
}

/// Words of an extension vector as packs.
pub fn packs(words: &[u32]) -> &[Pack] {
    words.as_chunks::<LANES>().0.as_chunks::<6>().0
}

fn used_up() -> PyErr {
    PyRuntimeError::new_err("this object has been used up")
}

/// All layers of the tree of fractions.
#[pyclass(name = "FractionTree")]
struct PyFractionTree {
    tree: FractionTree,
    memory: LayerMemory,
}

#[pymethods]
impl PyFractionTree {
    /// `leaves` are (index, count, numerators, denominators).
    #[new]
    fn new(
        py: Python<'_>,
        leaves: Vec<(usize, usize, PyBuffer<u32>, PyBuffer<u32>)>,
        log_leaves: usize,
        log_rows: usize,
        first_layer: usize,
    ) -> PyResult<Self> {
        let leaves = leaves
            .iter()
            .map(|(index, count, p, q)| {
                Ok(Leaf {
                    index: *index,
                    count: *count,
                    p: packs(input(p)?),
                    q: packs(input(q)?),
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let tree =
            py.detach(|| in_pool(|| FractionTree::new(&leaves, log_leaves, log_rows, first_layer)));
        Ok(Self {
            tree,
            memory: LayerMemory::default(),
        })
    }

    fn roots(&self) -> Vec<(Element, Element)> {
        self.tree
            .roots()
            .iter()
            .map(|(p, q)| (p.to_canonical(), q.to_canonical()))
            .collect()
    }

    fn next_layer(
        &mut self,
        py: Python<'_>,
        point: Vec<Element>,
        challenge: Element,
        claim: Element,
    ) -> PyLayerSum {
        let (point, challenge, claim) = (
            elements(point),
            Sextic::from_canonical(challenge),
            Sextic::from_canonical(claim),
        );
        let memory = core::mem::take(&mut self.memory);
        let sum = py.detach(|| in_pool(|| self.tree.next_layer(point, challenge, claim, memory)));
        PyLayerSum { sum: Some(sum) }
    }

    /// `p0, p1, q0, q1` of a layer whose variables are all bound; takes its memory back.
    fn finish(&mut self, layer: &mut PyLayerSum) -> PyResult<[Element; 4]> {
        let (children, memory) = layer.sum.take().ok_or_else(used_up)?.finish();
        self.memory = memory;
        Ok(children.map(Sextic::to_canonical))
    }
}

/// One layer's sumcheck.
#[pyclass(name = "LayerSum")]
struct PyLayerSum {
    sum: Option<LayerSum>,
}

#[pymethods]
impl PyLayerSum {
    fn round_polynomial(&mut self, py: Python<'_>) -> PyResult<(Element, Element)> {
        let sum = self.sum.as_mut().ok_or_else(used_up)?;
        let (c1, c2) = py.detach(|| in_pool(|| sum.round_polynomial()));
        Ok((c1.to_canonical(), c2.to_canonical()))
    }

    fn bind(&mut self, py: Python<'_>, coordinate: Element) -> PyResult<()> {
        let sum = self.sum.as_mut().ok_or_else(used_up)?;
        py.detach(|| in_pool(|| sum.bind(Sextic::from_canonical(coordinate))));
        Ok(())
    }
}

/// Start, end, point, scale.
type Range = (usize, usize, Vec<Element>, Element);

fn eq_ranges(ranges: Vec<Range>) -> Vec<EqRange> {
    ranges
        .into_iter()
        .map(|(start, end, point, scale)| EqRange {
            start,
            end,
            point: elements(point),
            scale: Sextic::from_canonical(scale),
        })
        .collect()
}

/// The columns of groups of columns, one after the other.
fn columns(groups: &[PyBuffer<u32>], log_height: usize) -> PyResult<Vec<&[u32]>> {
    let groups = groups.iter().map(input).collect::<PyResult<Vec<_>>>()?;
    Ok(groups
        .into_iter()
        .flat_map(|group| group.chunks_exact(1 << log_height))
        .collect())
}

/// A weight made of eq tables that start anywhere, not written down.
#[pyclass(name = "JaggedWeight")]
struct PyJaggedWeight {
    weight: JaggedWeight,
    log_height: usize,
}

#[pymethods]
impl PyJaggedWeight {
    #[new]
    fn new(py: Python<'_>, ranges: Vec<Range>, num_columns: usize, log_height: usize) -> Self {
        let ranges = eq_ranges(ranges);
        let weight = py.detach(|| in_pool(|| JaggedWeight::new(&ranges, num_columns, log_height)));
        Self { weight, log_height }
    }

    /// Row after row of the matrix.
    fn block_products(
        &self,
        py: Python<'_>,
        groups: Vec<PyBuffer<u32>>,
        log_block: usize,
    ) -> PyResult<Vec<Element>> {
        let columns = columns(&groups, self.log_height)?;
        let products =
            py.detach(|| in_pool(|| blocks::block_products(&self.weight, &columns, log_block)));
        Ok(products.into_iter().map(Sextic::to_canonical).collect())
    }

    fn fold_blocks(
        &self,
        py: Python<'_>,
        groups: Vec<PyBuffer<u32>>,
        factors: Vec<Element>,
        values: PyBuffer<u32>,
        weights: PyBuffer<u32>,
    ) -> PyResult<()> {
        let columns = columns(&groups, self.log_height)?;
        let factors = elements(factors);
        let (values, weights) = (
            as_packs_mut(output(&values)?),
            as_packs_mut(output(&weights)?),
        );
        py.detach(|| {
            in_pool(|| blocks::fold_blocks(&self.weight, &columns, &factors, values, weights));
        });
        Ok(())
    }
}

/// Writes eq tables that start anywhere.
#[pyfunction]
fn fill_eq_ranges(py: Python<'_>, ranges: Vec<Range>, out: PyBuffer<u32>) -> PyResult<()> {
    let ranges = eq_ranges(ranges);
    let out = as_packs_mut(output(&out)?);
    py.detach(|| in_pool(|| jagged::fill_eq_ranges(&ranges, out)));
    Ok(())
}

/// Writes columns as rows.
#[pyfunction]
fn lay_out_rows(
    py: Python<'_>,
    columns: PyBuffer<u32>,
    height: usize,
    width: usize,
    cells: PyBuffer<u32>,
) -> PyResult<()> {
    let (columns, cells) = (input(&columns)?, output(&cells)?);
    py.detach(|| in_pool(|| jagged::lay_out_rows(columns, height, width, cells)));
    Ok(())
}

/// Adds everything here to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyFractionTree>()?;
    module.add_class::<PyLayerSum>()?;
    module.add_class::<PyJaggedWeight>()?;
    module.add_function(wrap_pyfunction!(fill_eq_ranges, module)?)?;
    module.add_function(wrap_pyfunction!(lay_out_rows, module)?)
}
