//! Glue for the executor: bytes of NumPy arrays in, bytes of NumPy arrays out. `hstar.machine.native` checks arguments;
//! what would make the executor unsafe is checked here again.

use std::sync::{Mutex, MutexGuard};

use hstar_executor::machine::{Limits, Machine, Rule, Segment};
use hstar_executor::record::{Plan, Recording};
use hstar_executor::state::{EventCells, Stop};
use hstar_executor::translate::Code;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// Little-endian integers of a fixed width from bytes.
macro_rules! from_bytes {
    ($name:ident, $kind:ty) => {
        fn $name(bytes: &[u8]) -> Vec<$kind> {
            bytes
                .chunks_exact(size_of::<$kind>())
                .map(|b| <$kind>::from_le_bytes(b.try_into().unwrap_or_default()))
                .collect()
        }
    };
}

from_bytes!(to_u16, u16);
from_bytes!(to_u32, u32);
from_bytes!(to_u64, u64);
from_bytes!(to_i64, i64);

/// The little-endian bytes of integers, written in place.
macro_rules! bytes_of {
    ($py:expr, $values:expr) => {{
        let values = &$values[..];
        let width = values.first().map_or(1, size_of_val);
        PyBytes::new_with($py, size_of_val(values), |out| {
            for (bytes, value) in out.chunks_exact_mut(width).zip(values) {
                bytes.copy_from_slice(&value.to_le_bytes());
            }
            Ok(())
        })
    }};
}

/// A running program.
#[pyclass(frozen)]
pub struct Executor {
    machine: Mutex<Machine>,
}

impl Executor {
    /// A panic in another call poisons the lock; the machine's own checks still hold.
    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn segment_dict<'py>(py: Python<'py>, segment: &Segment) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("number", segment.number)?;
    dict.set_item("pc", segment.pc)?;
    dict.set_item("registers", bytes_of!(py, segment.registers)?)?;
    dict.set_item("cycles", segment.cycles)?;
    dict.set_item("keys", bytes_of!(py, segment.keys)?)?;
    dict.set_item(
        "previous_segments",
        bytes_of!(py, segment.previous_segments)?,
    )?;
    dict.set_item("values_in", bytes_of!(py, segment.values_in)?)?;
    dict.set_item("values_out", bytes_of!(py, segment.values_out)?)?;
    dict.set_item("opcode_counts", bytes_of!(py, segment.opcode_counts)?)?;
    dict.set_item("wide_loads", segment.wide_loads)?;
    dict.set_item("wide_stores", segment.wide_stores)?;
    dict.set_item("calls", segment.calls)?;
    dict.set_item("bridges", segment.bridges)?;
    Ok(dict)
}

/// What the recorder must know about a program and its chips.
#[pyclass(frozen)]
pub struct RecordPlan {
    plan: Plan,
}

#[pymethods]
impl RecordPlan {
    /// See `_native.pyi`.
    #[new]
    fn new(arrays: &Bound<'_, PyDict>, first_word: u64, fields: Vec<Vec<u8>>) -> PyResult<Self> {
        let get = |name: &str| -> PyResult<Vec<u8>> {
            let item = arrays
                .get_item(name)?
                .ok_or_else(|| PyValueError::new_err(format!("the plan lacks {name}")))?;
            Ok(item.cast::<PyBytes>()?.as_bytes().to_vec())
        };
        let rows = to_u32(&get("rows")?)
            .chunks_exact(7)
            .map(|row| row.try_into().unwrap_or_default())
            .collect();
        let plan = Plan {
            operation: to_u16(&get("operation")?),
            alternate: to_u16(&get("alternate")?),
            rows,
            immediate: to_i64(&get("immediate")?),
            first_word,
            chip: to_u16(&get("chip")?),
            variant: to_u32(&get("variant")?),
            accesses: get("accesses")?,
            fields,
        };
        if !plan.is_consistent(plan.operation.len()) {
            return Err(PyValueError::new_err("the plan is not consistent"));
        }
        Ok(Self { plan })
    }
}

fn recording_dict<'py>(py: Python<'py>, recording: Recording) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let mut chips = Vec::new();
    for mut columns in recording.chips {
        let mut chip = Vec::new();
        for column in &mut columns {
            chip.push(bytes_of!(py, column)?);
            *column = Vec::new(); // never two copies of more than a column
        }
        chips.push(chip);
    }
    dict.set_item("chips", chips)?;
    let bumps: Vec<u64> = recording.bumps.into_iter().flatten().collect();
    dict.set_item("bumps", bytes_of!(py, bumps)?)?;
    dict.set_item("touched", bytes_of!(py, recording.touched)?)?;
    dict.set_item("touched_first", bytes_of!(py, recording.touched_first)?)?;
    dict.set_item("touched_last", bytes_of!(py, recording.touched_last)?)?;
    dict.set_item("registers_first", bytes_of!(py, recording.registers_first)?)?;
    dict.set_item("registers_last", bytes_of!(py, recording.registers_last)?)?;
    dict.set_item("discard_value", recording.discard_value)?;
    dict.set_item("cycles", recording.cycles)?;
    dict.set_item("halted", recording.halted)?;
    Ok(dict)
}

fn read_rule(rule: &Bound<'_, PyDict>) -> PyResult<Rule> {
    let get = |name: &str| -> PyResult<Bound<'_, PyAny>> {
        rule.get_item(name)?
            .ok_or_else(|| PyValueError::new_err(format!("the rule lacks {name}")))
    };
    Ok(Rule {
        capacity: get("capacity")?.extract()?,
        row_limit: get("row_limit")?.extract()?,
        boundary_capacity: get("boundary_capacity")?.extract()?,
        bridge_capacity: get("bridge_capacity")?.extract()?,
        min_stretch: get("min_stretch")?.extract()?,
        epoch_cycles: get("epoch_cycles")?.extract()?,
        events: EventCells {
            touch: get("touch_cells")?.extract()?,
            wide_load: get("wide_load_cells")?.extract()?,
            wide_store: get("wide_store_cells")?.extract()?,
            call: get("call_cells")?.extract()?,
            bridge: get("bridge_cells")?.extract()?,
            touch_boundary: get("touch_boundary_cells")?.extract()?,
            call_boundary: get("call_boundary_cells")?.extract()?,
        },
        family_of_opcode: get("family_of_opcode")?.extract::<Vec<u8>>()?,
    })
}

#[pymethods]
impl Executor {
    /// See `_native.pyi`.
    #[new]
    fn new(
        code: &Bound<'_, PyDict>,
        code_ranges: Vec<(u64, u64)>,
        max_cycles: u64,
        max_pages: u64,
        rule: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let get = |name: &str| -> PyResult<Vec<u8>> {
            let item = code
                .get_item(name)?
                .ok_or_else(|| PyValueError::new_err(format!("the code lacks {name}")))?;
            Ok(item.cast::<PyBytes>()?.as_bytes().to_vec())
        };
        let start: u64 = code
            .get_item("start")?
            .ok_or_else(|| PyValueError::new_err("no start"))?
            .extract()?;
        let (opcode, rd, rs1, rs2) = (get("opcode")?, get("rd")?, get("rs1")?, get("rs2")?);
        let immediate = to_i64(&get("immediate")?);
        let block_cycles = to_u32(&get("block_cycles")?);
        let block_cells = to_u32(&get("block_cells")?);
        let code = Code {
            start,
            opcode: &opcode,
            rd: &rd,
            rs1: &rs1,
            rs2: &rs2,
            immediate: &immediate,
            block_cycles: &block_cycles,
            block_cells: &block_cells,
        };
        if !code.is_consistent() || code_ranges.iter().any(|&(a, b)| a >= b || b > 1 << 32) {
            return Err(PyValueError::new_err("the code table is not consistent"));
        }
        let rule = rule.map(read_rule).transpose()?;
        let machine = Machine::new(
            &code,
            code_ranges,
            Limits {
                max_cycles,
                max_pages,
            },
            rule,
        )
        .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            machine: Mutex::new(machine),
        })
    }

    /// Puts words into memory before the run.
    fn write_words(&self, indices: &[u8], words: &[u8]) {
        self.lock().write_words(&to_u32(indices), &to_u64(words));
    }

    /// Sets pc and registers; false if `pc` is not in the code.
    fn set_state(&self, pc: u64, registers: &[u8]) -> bool {
        self.lock().set_state(pc, &to_u64(registers))
    }

    /// Runs about `quantum` instructions without segments; the stop code.
    fn run(&self, py: Python<'_>, quantum: u64) -> u8 {
        py.detach(|| self.lock().run(quantum)) as u8
    }

    /// Runs `cycles` instructions and writes them down: what was written, or the stop code of a fault.
    fn record<'py>(
        &self,
        py: Python<'py>,
        plan: &RecordPlan,
        cycles: u64,
    ) -> PyResult<(u8, Option<Bound<'py, PyDict>>)> {
        match py.detach(|| self.lock().record(&plan.plan, cycles)) {
            Ok(recording) => Ok((0, Some(recording_dict(py, recording)?))),
            Err(stop) => Ok((stop as u8, None)),
        }
    }

    /// Runs one segment: the stop code and the segment.
    fn run_segment<'py>(&self, py: Python<'py>) -> PyResult<(u8, Option<Bound<'py, PyDict>>)> {
        let (stop, segment): (Stop, _) = py.detach(|| self.lock().run_segment());
        Ok((
            stop as u8,
            segment
                .map(|segment| segment_dict(py, &segment))
                .transpose()?,
        ))
    }

    /// pc, cycles, detail of the last stop, misaligned loads, misaligned stores, precompile calls, pages.
    fn status(&self) -> (u64, u64, u64, u64, u64, u64, u64) {
        let machine = self.lock();
        let [loads, stores, calls, pages] = machine.events();
        (
            machine.pc(),
            machine.cycles(),
            machine.detail(),
            loads,
            stores,
            calls,
            pages,
        )
    }

    /// x0 .. x31.
    fn registers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let machine = self.lock();
        bytes_of!(py, machine.registers())
    }

    /// `count` doublewords from `index` on.
    fn read_words<'py>(
        &self,
        py: Python<'py>,
        index: u32,
        count: u32,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let machine = self.lock();
        let words: Vec<u64> = (0..count)
            .map(|offset| machine.word(index.wrapping_add(offset)))
            .collect();
        bytes_of!(py, words)
    }

    /// How often a block was entered at each word.
    fn entries<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let machine = self.lock();
        bytes_of!(py, machine.entries())
    }

    /// Keys, last segments, initial and final values of every word touched, keys ascending.
    fn touched_words<'py>(&self, py: Python<'py>) -> PyResult<[Bound<'py, PyBytes>; 4]> {
        let words = self.lock().touched_words();
        let keys: Vec<u32> = words.iter().map(|word| word.0).collect();
        let segments: Vec<u16> = words.iter().map(|word| word.1).collect();
        let initial: Vec<u64> = words.iter().map(|word| word.2).collect();
        let last: Vec<u64> = words.iter().map(|word| word.3).collect();
        Ok([
            bytes_of!(py, keys)?,
            bytes_of!(py, segments)?,
            bytes_of!(py, initial)?,
            bytes_of!(py, last)?,
        ])
    }

    /// How many words were touched.
    fn num_touched_words(&self) -> usize {
        self.lock().num_touched_words()
    }
}
