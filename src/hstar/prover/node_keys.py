"""Keys of a program's nodes: made when a run needs them, checked against the recursion key, remembered on disk.

Tracing a node takes seconds, its program is always the same, and a run needs few of the nodes that a recursion key
allows. So programs are traced when they are asked for, by several processes if there are several, and kept in the
user's cache. A node's key is made from its program and compared with the recursion key: what stands in the cache need
not be trusted.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from hstar.errors import InputError, Reason, ResourceError
from hstar.prover.cache import Cache, entry_name
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.key_set import KeySet
from hstar.recursion.node import NodeKey
from hstar.recursion.program import TracedProgram
from hstar.recursion.program_file import decode_program, encode_program
from hstar.recursion.recursion_key import NodeKind, NodePlace, RecursionKey, decode_recursion_key
from hstar.recursion.relations import trace_final
from hstar.recursion.topology import (
    Heights,
    NodeShape,
    final_node_key,
    find_shape,
    node_places,
    root_of,
    shape_of,
    trace_node,
    without_root,
)
from hstar.stark.keys import VerifyingKey, encode_word
from hstar.stark.segments import TREE_ARITY, SegmentKeys

Place = NodePlace | None
"""A node; None is the final one."""
Report = Callable[[int, int], None]
"""Told how many of how many steps are done."""
T = TypeVar("T")


def _no_report(done: int, total: int) -> None:
    """Nobody is told."""


class NodePrograms:
    """The programs of nodes, from the cache or traced.

    Args:
        segment_keys: what leaves verify.
        cache: where programs are kept.
    """

    def __init__(self, segment_keys: SegmentKeys, cache: Cache) -> None:
        self.segment_keys, self.cache = segment_keys, cache

    def get(self, place: Place, node_key: VerifyingKey | None = None) -> TracedProgram:
        """The program of a node; joins and the final node verify nodes of the shape of `node_key`.

        Raises:
            InputError: WRONG_SHAPE where that key is missing.
        """
        name = self.name(place, node_key)
        stored = self.cache.get(name)
        if stored is not None:
            try:
                return decode_program(stored)
            except InputError:
                self.cache.remove(name)
        return self.trace(place, node_key)

    def trace(self, place: Place, node_key: VerifyingKey | None = None) -> TracedProgram:
        """The same, traced now and kept."""
        shape = None if node_key is None else without_root(node_key)
        if place is not None:
            program = trace_node(place, self.segment_keys, shape)
        else:
            program = trace_final(_required(shape))
        self.cache.put(self.name(place, node_key), encode_program(program))
        return program

    def is_kept(self, place: Place, node_key: VerifyingKey | None = None) -> bool:
        """Whether the cache has a program."""
        return self.cache.get(self.name(place, node_key)) is not None

    def name(self, place: Place, node_key: VerifyingKey | None = None) -> str:
        """Its entry in the cache."""
        if place is not None and place.segment_key is not None:
            verified = self.segment_keys.keys[place.segment_key]
            return entry_name("leaf", verified.encode(), encode_word(place.count))
        verified, count = without_root(_required(node_key)), 0 if place is None else place.count
        return entry_name("final" if place is None else "join", verified.encode(), encode_word(count))


def _required(key: VerifyingKey | None) -> VerifyingKey:
    if key is None:
        raise InputError("joins and final nodes are traced for nodes of a shape", reason=Reason.WRONG_SHAPE)
    return key


class LazyNodeKeys:
    """The keys of a program's nodes, each made when it is first asked for; `hstar.recursion.topology.NodeKeys`.

    Args:
        segment_keys: of the program.
        key: which nodes there are; from someone the prover trusts, or its proofs will not be accepted.
        cache: where programs are kept.

    Raises:
        InputError: WRONG_SHAPE when the recursion key is of another program.
    """

    def __init__(self, segment_keys: SegmentKeys, key: RecursionKey, cache: Cache) -> None:
        key.require_fits(segment_keys)
        self.segment_keys, self.key, self.programs = segment_keys, key, NodePrograms(segment_keys, cache)
        leaves = [place for place in key.places if place.kind is NodeKind.LEAF]
        joins = [place for place in key.places if place.kind is NodeKind.JOIN]
        self.leaves = _Lazy({(place.segment_key or 0, place.count): place for place in leaves}, self._make)
        self.joins = _Lazy({place.count: place for place in joins}, self._make)

    @property
    def key_set(self) -> KeySet:
        """R."""
        return self.key.key_set

    @cached_property
    def final(self) -> NodeKey:
        """Key of the final proof."""
        return self._make(None)

    def missing(self, places: Sequence[Place]) -> list[Place]:
        """Those of some nodes that must be traced first."""
        return [place for place in places if not self.programs.is_kept(place, self.key.node_key)]

    def _make(self, place: Place) -> NodeKey:
        expected = self.key.final if place is None else self.key.verifying_key(place)
        made = self._key_of(place, self.programs.get(place, self.key.node_key))
        if made is None or made.verifying_key != expected:  # a damaged cache is no reason to fail
            made = self._key_of(place, self.programs.trace(place, self.key.node_key))
        if made is None or made.verifying_key != expected:
            raise InputError(
                f"the recursion key does not belong to this version of hstar: its {place or 'final node'} is another; "
                "make the key again with `hstar key` (for shipped guests: make guest-keys)",
                reason=Reason.WRONG_SHAPE,
            )
        return made

    def _key_of(self, place: Place, program: TracedProgram) -> NodeKey | None:
        """The node's key; None where the program does not fit the shape."""
        try:
            if place is not None:
                return shape_of(self.key.node_key).node_key(program)
            final = shape_of(self.key.final)
            return final_node_key(program, heights=final.heights, parameters=final.parameters)
        except InputError:
            return None


K = TypeVar("K")


class _Lazy(Mapping[K, NodeKey]):
    """Keys by name; each is made once."""

    def __init__(self, places: Mapping[K, NodePlace], make: Callable[[Place], NodeKey]) -> None:
        self._places, self._make, self._made = places, make, dict[K, NodeKey]()

    def __getitem__(self, name: K) -> NodeKey:
        if name not in self._made:
            self._made[name] = self._make(self._places[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[K]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


# Several processes

_programs: NodePrograms | None = None
"""Of a helper process."""


def _start_helper(segment_keys: SegmentKeys, folder: Path) -> None:
    global _programs
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    _programs = NodePrograms(segment_keys, Cache(folder))


def _of_helper() -> NodePrograms:
    if _programs is None:
        raise RuntimeError("a helper was used before it was started")
    return _programs


def _trace(programs: NodePrograms, place: Place, node_key: VerifyingKey | None) -> None:
    programs.get(place, node_key)


def _heights(programs: NodePrograms, place: Place, node_key: VerifyingKey | None) -> Heights:
    return StraightLineCircuit(programs.get(place, node_key)).heights


def _root(programs: NodePrograms, place: Place, node_key: VerifyingKey | None) -> tuple[int, ...]:
    program = programs.get(place, node_key)
    return root_of(shape_of(_required(node_key)).node_key(program).verifying_key)


def _call(
    function: Callable[[NodePrograms, Place, VerifyingKey | None], T], place: Place, node_key: VerifyingKey | None
) -> T:
    return function(_of_helper(), place, node_key)


def _map(
    programs: NodePrograms,
    function: Callable[[NodePrograms, Place, VerifyingKey | None], T],
    places: Sequence[Place],
    node_key: VerifyingKey | None,
    processes: int,
    done: Callable[[], None],
) -> dict[Place, T]:
    """Calls a function for each node, here or in processes that share the cache."""
    results: dict[Place, T] = {}
    processes = min(processes, len(places))
    if processes <= 1:
        for place in places:
            results[place] = function(programs, place, node_key)
            done()
        return results
    context = multiprocessing.get_context("spawn")
    arguments = (programs.segment_keys, programs.cache.folder)
    executor = ProcessPoolExecutor(processes, context, initializer=_start_helper, initargs=arguments)
    try:
        futures = {executor.submit(_call, function, place, node_key): place for place in places}
        for future in as_completed(futures):
            results[futures[future]] = future.result()
            done()
    except BrokenProcessPool as error:
        message = "a process that makes keys died, most likely for want of memory; try again, it goes on from there"
        raise ResourceError(message, reason=Reason.OUT_OF_MEMORY) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return {place: results[place] for place in places}


def num_processes() -> int:
    """How many processes make keys when a command of hstar asks for them."""
    return os.cpu_count() or 1


def prepare_nodes(keys: LazyNodeKeys, places: Sequence[Place], done: Callable[[], None], processes: int = 1) -> None:
    """Traces nodes that the cache does not have; tells when one is done.

    Raises:
        ResourceError: OUT_OF_MEMORY when a process died.
    """
    _map(keys.programs, _trace, places, keys.key.node_key, processes, done)


class _Steps:
    """Counts."""

    def __init__(self, total: int, report: Report) -> None:
        self._done, self._total, self._report = 0, total, report
        report(0, total)

    def __call__(self) -> None:
        self._done += 1
        self._report(self._done, self._total)


def derive_recursion_key(
    segment_keys: SegmentKeys,
    cache: Cache | None = None,
    *,
    max_children: int = TREE_ARITY,
    target_bits: int = 128,
    processes: int = 1,
    report: Report = _no_report,
) -> RecursionKey:
    """The recursion key of a program: a leaf of one segment for every class, joins, final; the same on every machine.

    Args:
        segment_keys: V and the keys of its classes.
        cache: where programs and the key itself are kept; the user's if left out.
        max_children: of the largest join.
        target_bits: provable bits of every node; fewer are for tests.
        processes: that trace nodes. Several need a main module that can be imported without effect.
        report: told about progress.

    Raises:
        InputError: as `find_shape`.
        ResourceError: OUT_OF_MEMORY when a process died.
    """
    programs = NodePrograms(segment_keys, cache or Cache())
    parts = [segment_keys.digest, *(key.encode() for key in segment_keys.keys)]
    name = entry_name("recursion-key", *parts, encode_word(max_children), encode_word(target_bits))
    stored = programs.cache.get(name)
    if stored is not None:
        return decode_recursion_key(stored)
    key = _derive(programs, max_children, target_bits, processes, report)
    programs.cache.put(name, key.encode())
    return key


def _derive(
    programs: NodePrograms, max_children: int, target_bits: int, processes: int, report: Report
) -> RecursionKey:
    places = node_places(range(len(programs.segment_keys.keys)), 1, max_children)
    leaves: list[Place] = [place for place in places if place.kind is NodeKind.LEAF]
    steps = _Steps(len(leaves) + len(places) + 2, report)
    heights = _map(programs, _heights, leaves, None, processes, steps)
    shape: NodeShape = find_shape(
        programs.get(leaves[0]),
        list(heights.values()),
        max_children,
        target_bits,
        lambda node_key, count: programs.get(NodePlace(NodeKind.JOIN, None, count), node_key),
    )
    steps()
    roots = _map(programs, _root, places, shape.key, processes, steps)
    final = final_node_key(programs.get(None, shape.key), target_bits=target_bits)
    steps()
    ordered = tuple(roots[place] for place in places)
    template = shape_of(shape.key).node_key(programs.get(places[0])).verifying_key
    return RecursionKey(programs.segment_keys.digest, tuple(places), ordered, template, final.verifying_key)
