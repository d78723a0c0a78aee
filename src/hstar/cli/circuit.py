"""`hstar circuit`: the chips, and what is in one: columns, constraints, interactions, degree, cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hstar.air.circuit import TracedCircuit
from hstar.air.examples.catalogue import EXAMPLES
from hstar.air.infix import Printer, render_interaction, render_node
from hstar.air.program import ChipProgram, Circuit
from hstar.air.report import ChipCost, chip_cost
from hstar.errors import InputError, Reason
from hstar.machine.circuits import example_circuits
from hstar.machine.cost_report import RunCost, run_cost
from hstar.machine.execute import execute
from hstar.machine.layout import MAX_INPUT_BYTES
from hstar.machine.program import load_program_file, read_file
from hstar.recursion.compile import traced_chips

MAX_ROWS = 40

app = typer.Typer(help="Show the circuits: chips, columns, constraints, interactions, cost.", no_args_is_help=True)


def _circuits() -> Iterator[TracedCircuit]:
    yield from example_circuits()
    yield traced_chips()
    for build in EXAMPLES.values():
        yield build()


def _cost_record(cost: ChipCost) -> dict[str, object]:
    return {
        **asdict(cost),
        "cells": cost.cells,
        "leaves": cost.leaves,
        "target_nanoseconds": cost.target_nanoseconds,
    }


@app.command("list")
def list_chips(
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """List every chip of every circuit with its width, degree and cost of a row."""
    circuits = [traced.circuit for traced in _circuits()]
    if as_json:
        report = {
            circuit.name: {
                "digest": circuit.digest().hex(),
                "degree": circuit.degree,
                "log_leaves": circuit.log_leaves,
                "constraints": circuit.num_constraints,
                "chips": [_cost_record(chip_cost(chip)) for chip in circuit.chips],
            }
            for circuit in circuits
        }
        typer.echo(json.dumps({"circuits": report}, indent=2))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("circuit and chip", no_wrap=True)
    for heading in ("columns", "constraints", "degree", "fractions", "leaves", "ns a row"):
        table.add_column(heading, justify="right", no_wrap=True)
    for circuit in circuits:
        table.add_row(f"[bold]{circuit.name}[/bold]")
        for chip in circuit.chips:
            cost = chip_cost(chip)
            figures = (cost.cells, cost.constraints, cost.degree, cost.interactions, cost.leaves)
            table.add_row(f"  {chip.name}", *map(str, figures), str(cost.target_nanoseconds))
    console = Console(highlight=False)
    console.print(table)
    console.print("ns a row: if every phase of proving met its target; not a measurement", style="dim")


@app.command("cost")
def cost(
    program: Annotated[Path, typer.Option("--program", help="ELF file of the guest program.")],
    input_file: Annotated[Path | None, typer.Option("--input", help="File with the private input.")] = None,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Run a program and show what its instructions cost: rows, cells and fractions of each chip, and per cycle."""
    loaded = load_program_file(program)
    input_bytes = read_file(input_file, MAX_INPUT_BYTES, "the input") if input_file else b""
    report = run_cost(loaded, execute(loaded, input_bytes).execution)
    if as_json:
        means = {name: getattr(report, f"{name}_per_cycle") for name in ("cells", "fractions", "leaves")}
        typer.echo(json.dumps({**asdict(report), "per_cycle": means}, indent=2))
        return
    _print_run_cost(report)


def _print_run_cost(report: RunCost) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("chip", no_wrap=True)
    for heading in ("rows", "share", "cells", "fractions", "leaves", "cells a cycle"):
        table.add_column(heading, justify="right", no_wrap=True)
    cycles = max(report.cycles, 1)
    for chip in report.chips:
        mean = f"{chip.rows * chip.cells / cycles:.2f}"
        figures = (f"{chip.rows:,}", f"{chip.rows / cycles:.1%}", chip.cells, chip.fractions, chip.leaves, mean)
        table.add_row(chip.name, *map(str, figures))
    console = Console(highlight=False)
    console.print(table)
    console.print(
        f"{report.cycles:,} cycles; a cycle takes {report.cells_per_cycle:.2f} cells, "
        f"{report.fractions_per_cycle:.2f} fractions in {report.leaves_per_cycle:.2f} leaves; the circuit has "
        f"{report.num_columns:,} columns"
    )
    if report.unproven:
        console.print(f"{report.unproven:,} cycles are of words that no chip proves")


def find_chip(name: str) -> tuple[Circuit, ChipProgram]:
    """The chip called `chip` or `circuit/chip`; the first circuit that has it.

    Raises:
        InputError: UNKNOWN_NAME.
    """
    circuit_name, _, chip_name = name.rpartition("/")
    known: list[str] = []
    for traced in _circuits():
        for chip in traced.circuit.chips:
            if chip.name == chip_name and circuit_name in ("", traced.circuit.name):
                return traced.circuit, chip
            known.append(chip.name)
    raise InputError(
        f"there is no chip {name!r}; chips are {', '.join(dict.fromkeys(known))} (`hstar circuit list`)",
        reason=Reason.UNKNOWN_NAME,
        chip=name,
    )


@app.command("show")
def show(
    chip_name: str = typer.Argument(..., metavar="CHIP", help="Name of a chip, or circuit/chip."),
    show_all: bool = typer.Option(False, "--all", help=f"Show more than {MAX_ROWS} columns and constraints."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show one chip: its columns, constraints in infix, interactions, merged leaves, degree and cost."""
    circuit, chip = find_chip(chip_name)
    if as_json:
        typer.echo(json.dumps(_chip_record(circuit, chip), indent=2))
        return
    console = Console(highlight=False)
    console.print(f"[bold]{escape(chip.name)}[/bold] of circuit {escape(circuit.name)}")
    console.print(_cost_line(chip_cost(chip)), style="dim")
    limit = None if show_all else MAX_ROWS
    _print_columns(console, chip, limit)
    _print_rules(console, circuit, chip, limit)


def _chip_record(circuit: Circuit, chip: ChipProgram) -> dict[str, object]:
    return {
        "circuit": circuit.name,
        "chip": chip.name,
        "columns": [
            {"name": column.name, "group": column.group.name.lower(), "maximum": column.maximum}
            for column in chip.columns
        ],
        "constraints": [
            {"name": item.name, "degree": item.degree, "zero": render_node(chip, item.root)}
            for item in chip.constraints
        ],
        "interactions": [
            {
                "name": item.name,
                "bus": circuit.buses[item.bus_index].name,
                "direction": item.direction.name.lower(),
                "multiplicity": render_node(chip, item.multiplicity),
                "message": {
                    field: render_node(chip, node)
                    for field, node in zip(circuit.buses[item.bus_index].field_names, item.message, strict=True)
                },
            }
            for item in chip.interactions
        ],
        "leaves": [
            {
                "scope": leaf.scope.name.lower(),
                "interactions": [chip.interactions[index].name for index in leaf.interactions],
                "numerator_degree": leaf.numerator_degree,
                "denominator_degree": leaf.denominator_degree,
            }
            for leaf in chip.leaves
        ],
        "cost": _cost_record(chip_cost(chip)),
    }


def _cost_line(cost: ChipCost) -> str:
    groups = ", ".join(f"{count} {group}" for group, count in cost.columns.items() if count)
    return (
        f"{cost.cells} columns ({groups}), {cost.constraints} constraints, degree {cost.degree}, {cost.interactions} "
        f"fractions in {cost.leaves} leaves, {cost.additions} additions and {cost.multiplications} multiplications; "
        f"{cost.target_nanoseconds} ns a row at the target speed"
    )


def _print_columns(console: Console, chip: ChipProgram, limit: int | None) -> None:
    table = Table(box=None, pad_edge=False, title="columns", title_justify="left")
    for heading in ("name", "group", "values"):
        table.add_column(heading)
    for column in chip.columns[:limit]:
        values = "field element" if column.maximum is None else f"0 .. {column.maximum}"
        table.add_row(escape(column.name), column.group.name.lower(), values)
    console.print(table)
    _print_rest(console, len(chip.columns), limit)


def _print_rules(console: Console, circuit: Circuit, chip: ChipProgram, limit: int | None) -> None:
    printer = Printer(chip)
    shown: list[int] = []
    if chip.constraints:
        console.print("\nconstraints")
    for constraint in chip.constraints[:limit]:
        shown.append(constraint.root)
        console.print(f"  [bold]{escape(constraint.name)}[/bold] [dim](degree {constraint.degree})[/dim]")
        console.print(f"    0 = {escape(printer.render(constraint.root))}", soft_wrap=True)
    _print_rest(console, len(chip.constraints), limit)
    if chip.interactions:
        console.print("\ninteractions")
    leaf_of = {index: number for number, leaf in enumerate(chip.leaves) for index in leaf.interactions}
    for index, interaction in enumerate(chip.interactions[:limit]):
        shown += [interaction.multiplicity, *interaction.message]
        text = render_interaction(printer, interaction, circuit.buses[interaction.bus_index], chip.program)
        console.print(f"  [bold]{escape(interaction.name)}[/bold] [dim](leaf {leaf_of[index]})[/dim]")
        console.print(f"    {escape(text)}", soft_wrap=True)
    _print_rest(console, len(chip.interactions), limit)
    parts = printer.definitions_below(shown)
    if parts:
        console.print("\nshared parts")
    for name, text in list(parts.items())[:limit]:
        console.print(f"  {name} = {escape(text)}", soft_wrap=True)
    _print_rest(console, len(parts), limit)


def _print_rest(console: Console, count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        console.print(f"  ... and {count - limit} more (--all shows them)", style="dim")
