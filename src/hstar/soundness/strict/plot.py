"""Pictures of files: bits per round of a circuit, proof size against bits of all systems."""

from __future__ import annotations

from pathlib import Path

from hstar.soundness.render.plot import draw_bars, save
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.system import StrictSystem


def plot_rounds(system: StrictSystem, strict: StrictCircuit, path: Path) -> None:
    """Draws the rounds of one circuit; folding rounds of one oracle are one bar, their weakest."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    bars: dict[str, float] = {}
    for entry in strict.rounds:
        name = entry.name.split(",s=")[0].replace("commit round", "commit rounds").rstrip("0123456789 ")
        name = f"{name}) (weakest)" if ",s=" in entry.name else name if "commit" in name else entry.name
        bits = max(float(entry.bits), 0.0)
        bars[name] = min(bits, bars.get(name, bits))
    figure, axes = pyplot.subplots(figsize=(8.5, 1.6 + 0.26 * max(len(bars), 1)), layout="constrained")
    weakest = strict.weakest
    if weakest is not None:
        draw_bars(
            axes,
            list(bars.items()),
            title=f"Bits per round: {system.name}, {strict.circuit.name}, total {system.total}, {strict.regime}",
            floor=float(strict.interactive_bits or 0),
            weakest=weakest.name,
            target=None,
        )
    axes.spines[["top", "right"]].set_visible(False)
    save(figure, path)
    pyplot.close(figure)
