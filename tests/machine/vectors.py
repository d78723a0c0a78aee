"""Writes tests/vectors/machine/conformance.json: `python -m machine.vectors` in the folder tests; needs qemu-riscv64.

A result is recorded only where the reference machine and qemu-riscv64 agree.
"""

import hashlib
import json
import tempfile
from pathlib import Path

VECTORS = Path(__file__).resolve().parent.parent / "vectors/machine/conformance.json"


def result_digest(area):
    return hashlib.sha256(area).hexdigest()


def main():
    from hstar.machine.reference import ReferenceMachine
    from machine.conformance import NAMES, RESULT_BYTES, RESULTS, WRITE, build
    from machine.support import EXIT, make_program, qemu_output, write_for_qemu

    programs = {}
    for name in NAMES:
        test = build(name)
        body = "\n".join(test.lines) + "\n"
        machine = ReferenceMachine(make_program(body + EXIT, test.data, data_bytes=0x3_0000))
        while not machine.halted:
            machine.advance()
        words = range(RESULTS // 8, (RESULTS + RESULT_BYTES) // 8)
        ours = b"".join(machine.memory.get(index, 0).to_bytes(8, "little") for index in words)
        with tempfile.TemporaryDirectory() as folder:
            path = write_for_qemu(Path(folder), body + WRITE + EXIT, test.data, data_bytes=0x3_0000)
            exit_code, theirs = qemu_output(path)
        if exit_code != 0 or ours != theirs:
            first = next((i for i in range(len(ours)) if ours[i : i + 1] != theirs[i : i + 1]), None)
            raise SystemExit(f"{name}: reference and qemu differ (exit code {exit_code}, first at byte {first})")
        programs[name] = {"cycles": machine.cycles, "points": test.points, "result": result_digest(ours)}
    provenance = "results computed by hstar.machine.reference and by qemu-riscv64 7.2, equal byte for byte"
    VECTORS.parent.mkdir(parents=True, exist_ok=True)
    VECTORS.write_text(json.dumps({"provenance": provenance, "programs": programs}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
