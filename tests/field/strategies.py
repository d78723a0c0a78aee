"""What field tests draw from: elements with the values where arithmetic goes wrong drawn often."""

from hypothesis import strategies as st

from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS

EDGES = (0, 1, 2, MODULUS - 1, MODULUS - 2, MODULUS // 2, MODULUS // 2 + 1, 2**24, 2**30)

base_elements = st.one_of(st.sampled_from(EDGES), st.integers(0, MODULUS - 1))
extension_elements = st.tuples(*[base_elements] * 6).map(ExtensionElement)
