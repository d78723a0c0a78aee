"""From a circuit of a file to its strict ingredients, its oracles, and the regimes they may be analysed in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.deep_ali import DeepAliFri, DeepAliWhir
from hstar.soundness.soundcalc.fri import Fri
from hstar.soundness.soundcalc.jagged import Jagged
from hstar.soundness.soundcalc.swirl import Swirl
from hstar.soundness.soundcalc.whir import Whir
from hstar.soundness.strict.codes import Choice, Code, Kind
from hstar.soundness.strict.deep_ali import deep_ali_ingredients
from hstar.soundness.strict.fri import first_code, fri_ingredients
from hstar.soundness.strict.ingredients import Ingredient, Ingredients
from hstar.soundness.strict.jagged import jagged_ingredients
from hstar.soundness.strict.lookups import lookup_ingredients
from hstar.soundness.strict.swirl import swirl_ingredients
from hstar.soundness.strict.whir import whir_code, whir_ingredients


@dataclass(frozen=True)
class Model:
    """A circuit of a file under the strict rules."""

    circuit: Circuit

    @property
    def fri(self) -> Fri | None:
        """Its FRI, if that is what it commits with."""
        return self.circuit.fri if isinstance(self.circuit, DeepAliFri | Jagged) else None

    @property
    def whir(self) -> Whir | None:
        """Its WHIR, if that is what it commits with."""
        return self.circuit.whir if isinstance(self.circuit, DeepAliWhir | Swirl) else None

    @property
    def num_parts(self) -> int:
        """Oracles with a regime of their own: one for FRI, one for each iteration of WHIR."""
        whir = self.whir
        return len(whir.log_arities) if whir is not None and whir.section.has("folding_factors") else 1

    def code(self, choice: Choice, part: int = 0) -> Code:
        """The first code of a part; raises MissingKeyError."""
        if self.fri is not None:
            return first_code(self.fri, choice)
        if self.whir is None:
            raise TypeError(f"{type(self.circuit).__name__} commits with neither FRI nor WHIR")
        return whir_code(self.whir, choice, part)

    @property
    def allows_unique(self) -> bool:
        """Whether unique decoding is one of the choices: not where the file asks for lists."""
        return self._asked != "list"

    @property
    def allows_lists(self) -> bool:
        """Whether list decoding is: not for jagged systems, whose reduction is analysed with one vector only."""
        return self._asked != "unique" and not isinstance(self.circuit, Jagged)

    @property
    def _asked(self) -> str:
        section = self.circuit.section
        return section.text("explicit_regime") if section.has("explicit_regime") else ""

    @cached_property
    def ingredients(self) -> tuple[Ingredient, ...]:
        """Every strict term in protocol order, its regime open."""
        return tuple(self._ingredients())

    def _ingredients(self) -> Ingredients:
        circuit = self.circuit
        if isinstance(circuit, Swirl):
            yield from swirl_ingredients(circuit)
            yield from whir_ingredients(circuit.whir)
            return
        yield from lookup_ingredients(circuit.file, circuit.field, self.code)
        if isinstance(circuit, Jagged):
            yield from jagged_ingredients(circuit)
            yield from fri_ingredients(circuit.fri)
        elif isinstance(circuit, DeepAliFri):
            yield from deep_ali_ingredients(circuit.section, circuit.field, self.code, lambda: circuit.fri.dimension)
            yield from fri_ingredients(circuit.fri)
        elif isinstance(circuit, DeepAliWhir):
            yield from deep_ali_ingredients(circuit.section, circuit.field, self.code, lambda: circuit.whir.dimension)
            yield from whir_ingredients(circuit.whir)


LIST_KINDS = {"strict": Kind.JOHNSON, "dkt26": Kind.WEIGHTED}
"""Which list-decoding regime a total may use."""
