"""The block that is shipped with the package: the default input of `hstar prove`.

Block 1 of the development chain (31337, rules of BPO2), made by `tools/make_example_block.py`: transfers, token
transfers, a contract creation, a reverting call, a signature recovery, a blob and a set-code transaction, withdrawals,
and one execution request of each type.
"""

from __future__ import annotations

from importlib.resources import files

from hstar.ethereum.inputs import BlockInput, parse_block

FILE_NAME = "example_block.json.gz"


def example_block() -> BlockInput:
    """The shipped block with its witness."""
    data = files("hstar.ethereum").joinpath("data", FILE_NAME).read_bytes()
    return parse_block(data, FILE_NAME)
