"""Writes src/hstar/machine/cost_model.toml from the circuits: `.venv/bin/python tools/generate_cost_model.py`."""

from pathlib import Path

from hstar.machine.cost_document import cost_document

PLACE = Path(__file__).resolve().parents[1] / "src/hstar/machine/cost_model.toml"

if __name__ == "__main__":
    PLACE.write_text(cost_document(), encoding="utf-8")
