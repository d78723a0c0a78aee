"""States before a block that no honest chain has, but whose hashes fit."""

from __future__ import annotations

from dataclasses import replace

from hstar.ethereum.blocks import Block
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.headers import decode_header
from hstar.ethereum.maker import MadeBlock
from hstar.ethereum.witness import Witness


def with_changed_node(made: MadeBlock, index: int, changed: bytes) -> tuple[Block, Witness]:
    """Block and witness after one node was changed and every hash above it, up to the parent's state root, fitted."""
    nodes = dict(enumerate(made.witness.state))
    parent = decode_header(made.witness.headers[-1])
    replaced = {keccak256(nodes[index]): keccak256(changed)}
    nodes[index] = changed
    while parent.state_root not in replaced:
        before = dict(nodes)
        for position, node in before.items():
            for old, new in list(replaced.items()):
                if old in node:
                    nodes[position] = node = node.replace(old, new)
            if node != before[position]:
                replaced[keccak256(before[position])] = keccak256(node)
        if before == nodes:
            break
    header = replace(parent, state_root=replaced.get(parent.state_root, parent.state_root))
    block = replace(made.block, header=replace(made.block.header, parent_hash=header.hash()))
    witness = replace(made.witness, state=tuple(nodes.values()), headers=(header.encode(),))
    return block, witness
