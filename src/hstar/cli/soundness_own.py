"""`hstar soundness report hstar|PROOF`: our own proofs, read from the keys that verifiers use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from hstar.cli.soundness_files import print_tables
from hstar.cli.soundness_options import Format, ReportPlotChoice
from hstar.errors import InputError, Reason

if TYPE_CHECKING:
    from hstar.soundness.composition import RecursionReport
    from hstar.soundness.report import Report
    from hstar.verifier.program_key import ProgramKey

OWN = "hstar"
DEFAULT_SEGMENTS = 100
"""More than a large mainnet block takes."""
_SWEEP = (1, 10, 100, 1000, 10_000)


@dataclass(frozen=True)
class OwnSystem:
    """What one argument of `report` stands for.

    Args:
        title: of the report.
        note: a sentence on where the numbers come from.
        circuits: reports by name.
        recursion: of the whole tree, where the argument has one.
    """

    title: str
    note: str
    circuits: Mapping[str, Report]
    recursion: RecursionReport | None = None


def own_system(path: str, circuit: str | None, num_segments: int | None, key_file: Path | None) -> OwnSystem:
    """The system that an argument names.

    Args:
        path: `hstar`, or a proof file.
        circuit: only this kind of proof.
        num_segments: N for `hstar`; None for `DEFAULT_SEGMENTS`, or as many as verifiers accept.
        key_file: the program's key; None for a shipped guest's.

    Raises:
        InputError: no such circuit; a file that is no proof, or whose key is not known.
    """
    found = _of_program(key_file, num_segments) if path == OWN else _of_proof(Path(path), num_segments, key_file)
    if circuit is None:
        return found
    if found.recursion is not None and (kind := found.recursion.kind(circuit)) is not None:
        return OwnSystem(found.title, found.note, {kind.name: kind.report})
    if circuit not in found.circuits:
        names = [kind.name for kind in found.recursion.tree.kinds] if found.recursion else list(found.circuits)
        raise InputError(f"there is no circuit {circuit!r}; there are {', '.join(names)}", reason=Reason.UNKNOWN_NAME)
    return OwnSystem(found.title, found.note, {circuit: found.circuits[circuit]})


def circuit_report(name: str) -> Report:
    """The report on one kind of proof under the shipped key; raises as `own_system`."""
    return own_system(OWN, name, None, None).circuits[name]


def print_systems(systems: Sequence[OwnSystem], output: Format) -> None:
    """Prints the systems one after the other, or one JSON object."""
    from hstar.soundness.render import composition, data, markdown, tables

    if output is Format.JSON:
        typer.echo(json.dumps({"systems": [_data(system) for system in systems]}, indent=2))
        return
    for system in systems:
        recursion, circuits = system.recursion, dict(system.circuits)
        match output:
            case Format.TABLE if recursion is not None:
                print_tables([system.note, "", *composition.recursion_tables(recursion)])
            case Format.TABLE if len(circuits) == 1:
                print_tables([system.note, "", *tables.report_tables(next(iter(circuits.values())))])
            case Format.TABLE:
                print_tables([system.note, "", tables.overview_table(circuits)])
            case Format.CSV if recursion is not None:
                typer.echo(composition.recursion_csv(recursion), nl=False)
            case Format.CSV:
                typer.echo(data.terms_csv(circuits), nl=False)
            case _ if recursion is not None:
                typer.echo(composition.recursion_markdown(recursion), nl=False)
            case _:
                typer.echo(markdown.report_markdown(system.title, circuits, system.note), nl=False)


def draw_systems(systems: Sequence[OwnSystem], path: Path | None, kind: ReportPlotChoice) -> None:
    """Draws the topology of a recursion, or another picture where one is asked for."""
    if path is None:
        return
    from hstar.soundness.render.plot import PlotKind, plot_reports
    from hstar.soundness.render.topology import plot_recursion

    recursion = next((system.recursion for system in systems if system.recursion is not None), None)
    if kind is ReportPlotChoice.TOPOLOGY:
        if recursion is None:
            raise InputError(
                "there is no recursion to draw; choose another --plot-kind", reason=Reason.UNKNOWN_NAME, path=str(path)
            )
        plot_recursion(recursion, path)
    else:
        reports = {name: report for system in systems for name, report in system.circuits.items()}
        plot_reports(reports, path, PlotKind(kind.value), grinding_bits=20)
    Console(stderr=True, highlight=False).print(f"drew {path}", soft_wrap=True)


def _data(system: OwnSystem) -> dict[str, Any]:
    from hstar.soundness.render.composition import recursion_data
    from hstar.soundness.render.data import report_data

    if system.recursion is not None:
        return recursion_data(system.recursion)
    circuits = [{"name": name, **report_data(report)} for name, report in system.circuits.items()]
    return {"name": system.title, "note": system.note, "circuits": circuits}


def _of_program(key_file: Path | None, num_segments: int | None) -> OwnSystem:
    from hstar.machine import guests

    if key_file is None:
        name = guests.names()[0]
        return _recursion_system(OWN, f"keys of the shipped guest {name}", _shipped(name), num_segments)
    return _recursion_system(key_file.name, f"keys in {key_file.name}", _read_key(key_file), num_segments)


def _recursion_system(
    title: str, note: str, key: ProgramKey, num_segments: int | None, actual_bytes: int | None = None
) -> OwnSystem:
    from hstar.soundness.composition import RecursionReport
    from hstar.verifier.final import recursion_kinds

    kinds = recursion_kinds(key)
    chosen = min(DEFAULT_SEGMENTS, kinds.max_segments) if num_segments is None else num_segments
    tree = kinds.tree(chosen)
    numbers = sorted({one for one in (*_SWEEP, chosen) if one < kinds.max_segments} | {kinds.max_segments})
    report = RecursionReport(title, note, tree, tuple(kinds.tree(one) for one in numbers), actual_bytes)
    return OwnSystem(title, note, report.circuits, report)


def _of_proof(path: Path, num_segments: int | None, key_file: Path | None) -> OwnSystem:
    from hstar.machine.program import MAX_FILE_BYTES, read_file
    from hstar.stark.file import looks_like_proof, read_proof_file
    from hstar.stark.security import security_report
    from hstar.verifier.file import looks_like_final, looks_like_run

    data = read_file(path, MAX_FILE_BYTES, "the proof")
    if num_segments is not None:
        raise InputError(
            "--segments is for `hstar`; a proof says itself how many segments it is about", reason=Reason.UNKNOWN_NAME
        )
    if looks_like_final(data):
        return _of_final_proof(path, data, key_file)
    if looks_like_run(data):
        return _of_segments(path, data, key_file)
    if not looks_like_proof(data):
        raise InputError(
            f"cannot report on {path}: it is no proof file; name a proof, a .toml file, or `hstar`",
            reason=Reason.UNKNOWN_NAME,
        )
    key = read_proof_file(data).key
    note = f"parameters and circuit of the key in {path.name}; the proof itself is not verified here"
    return OwnSystem(path.name, note, {key.circuit.name: security_report(key)})


def _of_final_proof(path: Path, data: bytes, key_file: Path | None) -> OwnSystem:
    from hstar.verifier.file import read_final_file

    file = read_final_file(data)
    key = _key_of(file.key_digest, key_file, path)
    note = f"keys that {path.name} names ({file.final.num_segments} segments); the proof itself is not verified here"
    actual = len(file.final.proof) if isinstance(file.final.proof, bytes) else None
    return _recursion_system(path.name, note, key, file.final.num_segments, actual)


def _of_segments(path: Path, data: bytes, key_file: Path | None) -> OwnSystem:
    from hstar.stark.security import security_report
    from hstar.verifier.file import read_run_file

    file = read_run_file(data)
    machine = _key_of(file.key_digest, key_file, path, with_recursion=False).machine
    used = sorted({segment.key_index for segment in file.segments})
    if used[-1] >= len(machine.classes):
        raise InputError(f"{path} has a segment of a class that the key does not have", reason=Reason.MALFORMED)
    messages, number = len(machine.public_messages(1, file.output)), len(file.segments)
    classes = [machine.classes[index] for index in used]
    circuits = {f"{item.type} 2^{item.log_cells}": security_report(item.key, number, messages) for item in classes}
    note = f"classes of the {number} segments in {path.name}; the proofs themselves are not verified here"
    return OwnSystem(path.name, note, circuits)


def _key_of(digest: bytes, key_file: Path | None, proof: Path, *, with_recursion: bool = True) -> ProgramKey:
    from hstar.hash.suite import POSEIDON2
    from hstar.machine import guests
    from hstar.verifier.program_key import ProgramKey

    if key_file is not None:
        key = _read_key(key_file)
        if POSEIDON2.digest_to_bytes(key.machine.digest) != digest:
            raise InputError(f"{proof} is for another program than the key {key_file}", reason=Reason.UNKNOWN_NAME)
        return key
    name = guests.name_of_key(digest.hex())
    if name is None:
        raise InputError(
            f"{proof} is for the key {digest.hex()}, which is that of no shipped guest; give its key with "
            "--verifying-key FILE",
            reason=Reason.UNKNOWN_NAME,
        )
    return _shipped(name) if with_recursion else ProgramKey(guests.load_key(name))


def _shipped(name: str) -> ProgramKey:
    from hstar.verifier.program_key import shipped_key

    return shipped_key(name)


def _read_key(path: Path) -> ProgramKey:
    from hstar.cli.machine_files import MAX_KEY_BYTES
    from hstar.machine.program import read_file
    from hstar.verifier.program_key import decode_program_key

    return decode_program_key(read_file(path, MAX_KEY_BYTES, "the key"))
