"""Runs that end in one final proof: interrupted inside nodes and resumed, damaged caches, files that were altered."""

from dataclasses import replace
from functools import cache

import pytest

import hstar
from hstar.errors import InputError, Reason, ResourceError, VerificationError
from hstar.field.koala_bear import MODULUS
from hstar.prover import pipeline
from hstar.prover.cache import Cache
from hstar.prover.node_keys import LazyNodeKeys, derive_recursion_key
from hstar.prover.pipeline import Options, prove_run
from hstar.prover.resources import needed_memory
from hstar.prover.stages import STAGES
from hstar.recursion.recursion_key import NodeKind, NodePlace
from hstar.stark.file import KIND_SEGMENTS, MAGIC
from hstar.stark.key_decoding import split_parts
from hstar.stark.keys import encode_word
from hstar.transcript.reason import ProofReason
from hstar.verifier.acceptance import verify_proof
from hstar.verifier.file import looks_like_final, read_final_file
from hstar.verifier.program_key import MAGIC as KEY_MAGIC
from hstar.verifier.program_key import ProgramKey, decode_program_key
from prover.runs import WEAK_BITS, cache_folder, weak_program_key, weak_setup

HEAD = len(MAGIC) + 8 + 33
LEAF = NodePlace(NodeKind.LEAF, 0, 1)


def prove(work_dir, **changes):
    options = Options(work_dir, cache_dir=cache_folder(), **changes)
    return prove_run(weak_setup(), b"", options, weak_program_key().recursion)


@cache
def final_file():
    """Made on the way through several interruptions, in a folder of its own."""
    return prove(cache_folder() / "work").file


def reason_of(data, key=None, **options):
    with pytest.raises(VerificationError) as caught:
        verify_proof(key or weak_program_key(), data, minimum_bits=0, **options)
    return caught.value.reason


# From the run to the proof


def test_a_run_that_is_interrupted_inside_its_nodes_goes_on(tmp_path):
    """Ctrl-C after the first leaf, and after the first join; what is stored is not made again."""
    seen = []

    def stop_at(stage, done):
        def report(step):
            seen.append(step)
            if (step.stage, step.done) == (stage, done):
                raise KeyboardInterrupt

        return report

    for stage in ("leaves", "joins"):
        with pytest.raises(ResourceError, match="--resume") as caught:
            prove(tmp_path, resume=True, report=stop_at(stage, 1))
        assert caught.value.reason is Reason.INTERRUPTED
    (job,) = tmp_path.iterdir()
    stored = {path.name: path.stat().st_mtime_ns for path in job.glob("*-*.bin")}
    assert sum(name.startswith("join-") for name in stored) == 1
    seen.clear()
    run = prove(tmp_path, resume=True, report=seen.append, keep=True)
    assert {name: (job / name).stat().st_mtime_ns for name in stored} == stored
    assert run.file == final_file() and (run.kind, run.num_nodes, run.num_segments) == ("final", 6, 4)
    assert set(run.seconds) == {*STAGES, "total"}
    assert [step.stage for step in seen if step.done == step.total][-1] == "final"
    fractions = [step.fraction for step in seen if step.fraction is not None]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and seen[-1].remaining_seconds == 0
    verified = verify_proof(weak_program_key(), run.file, minimum_bits=0)
    assert (verified.kind, verified.num_segments, verified.output) == ("final", 4, run.output)
    assert WEAK_BITS <= verified.security_bits < 128


@pytest.mark.slow
def test_a_damaged_node_is_made_again(tmp_path):
    prove(tmp_path, keep=True)
    (job,) = tmp_path.iterdir()
    for name in (*job.glob("final-*"), *job.glob("join-*")):
        name.write_bytes(name.read_bytes()[:-1])
    assert prove(tmp_path, resume=True).file == final_file()


@pytest.mark.slow
def test_worker_processes_give_the_same_final_proof(tmp_path):
    assert prove(tmp_path, workers=2).file == final_file()


def test_a_run_that_is_too_long_for_one_final_proof_is_refused_before_it_is_proven(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "max_segments", lambda key, num_public: 3)
    seen = []
    with pytest.raises(InputError, match=r"has 4 segments; one final proof covers at most 3 .* --until segments"):
        prove(tmp_path, report=seen.append)
    assert {step.stage for step in seen} == {"execute"}


def test_memory_for_nodes_is_checked_too():
    key = weak_program_key()
    assert needed_memory(key.machine, 1, key.recursion) > needed_memory(key.machine, 1)


# Keys of nodes


def test_a_damaged_cache_is_no_reason_to_fail(tmp_path):
    """An entry that was cut off, one that is another program, and a folder that cannot be written."""
    key, shared = weak_program_key(), Cache(cache_folder())
    keys = LazyNodeKeys(key.machine.segment_keys, key.recursion, Cache(tmp_path / "cache"))
    name = keys.programs.name(LEAF)
    other = shared.get(keys.programs.name(NodePlace(NodeKind.LEAF, 1, 1)))
    for entry in (b"no program", other):
        keys.programs.cache.put(name, entry)
        keys = LazyNodeKeys(key.machine.segment_keys, key.recursion, keys.programs.cache)
        assert keys.leaves[0, 1].verifying_key == key.recursion.verifying_key(LEAF)
        assert keys.programs.cache.get(name) == shared.get(name)
    (tmp_path / "file").write_bytes(b"")
    unwritable = Cache(tmp_path / "file" / "cache")
    unwritable.put(name, b"lost")
    unwritable.remove(name)
    assert unwritable.get(name) is None


def test_a_recursion_key_of_another_version_is_named():
    key = weak_program_key().recursion
    roots = (key.roots[0], *key.roots[2:], key.roots[1])
    keys = LazyNodeKeys(weak_setup().key.segment_keys, replace(key, roots=roots), Cache(cache_folder()))
    assert keys.leaves[0, 1].verifying_key == key.verifying_key(LEAF)
    with pytest.raises(InputError, match=r"its leaf-1-1 is another; make the key again"):
        keys.leaves[1, 1]


def test_the_key_is_the_same_wherever_it_is_derived():
    key, machine = weak_program_key().recursion, weak_setup().key
    again = derive_recursion_key(machine.segment_keys, Cache(cache_folder()), target_bits=WEAK_BITS)
    assert again == key and again.machine_digest == machine.segment_keys.digest


def test_both_keys_have_one_encoding():
    key = weak_program_key()
    data = key.encode()
    assert decode_program_key(data) == key and decode_program_key(data).recursion == key.recursion
    alone = ProgramKey(key.machine)
    assert decode_program_key(alone.encode()) == alone and alone.encode() == key.machine.encode()
    parts = split_parts(data[len(KEY_MAGIC) + 4 :])
    for bad in (
        data[:-1], data + b"\0", data + encode_word(0), data[: len(KEY_MAGIC)], KEY_MAGIC + encode_word(2) + data[12:],
        KEY_MAGIC + encode_word(1) + encode_word(len(parts[0])) + parts[0], b"",
    ):  # fmt: skip
        with pytest.raises(InputError):
            decode_program_key(bad)


# Files


def with_parts(change):
    """The file of a final proof with changed parts: V, output, claim, proof."""
    data = final_file()
    parts = split_parts(data[HEAD:])
    change(parts)
    return data[:HEAD] + b"".join(encode_word(len(part)) + part for part in parts)


def flipped(data, place):
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)


def changed_part(index, place):
    return with_parts(lambda parts: parts.__setitem__(index, flipped(parts[index], place)))


def test_the_file_says_what_it_claims():
    file = read_final_file(final_file())
    assert looks_like_final(final_file()) and file.final.num_segments == 4
    assert file.key_digest == weak_setup().key.segment_keys.digest
    assert file.parameters_digest == weak_program_key().recursion.final.parameters.digest()


def test_what_others_claim_is_refused():
    claims = {
        ProofReason.WRONG_KEY: changed_part(0, 0),
        ProofReason.WRONG_PARAMETERS: flipped(final_file(), HEAD - 1),
        ProofReason.GLOBAL_SUM_NOT_ZERO: changed_part(2, 4 + 36),
        ProofReason.TRAILING_BYTES: with_parts(lambda parts: parts.__setitem__(3, parts[3] + b"\0")),
    }
    for reason, data in claims.items():
        assert reason_of(data) == reason
    for data in (changed_part(2, 0), changed_part(2, 4), with_parts(lambda parts: parts.__setitem__(1, bytes(8)))):
        assert reason_of(data) == ProofReason.GLOBAL_SUM_NOT_ZERO
    assert reason_of(final_file(), expected_output=b"x") == ProofReason.WRONG_OUTPUT


@pytest.mark.parametrize("change", [
    lambda data: b"", lambda data: data[:8], lambda data: data[:HEAD], lambda data: data[:-1],
    lambda data: data + b"\0",
    lambda data: data + encode_word(0), lambda data: data[:HEAD] + encode_word(2**32 - 1) + data[HEAD + 4 :],
    lambda data: data[:8] + encode_word(2) + data[12:],
    lambda data: data[:12] + encode_word(KIND_SEGMENTS) + data[16:],
    lambda data: with_parts(lambda parts: parts.pop()),
    lambda data: with_parts(lambda parts: parts.__setitem__(2, parts[2][:-1])),
    lambda data: with_parts(lambda parts: parts.__setitem__(2, encode_word(0) + parts[2][4:])),
    lambda data: with_parts(lambda parts: parts.__setitem__(2, encode_word(2**16) + parts[2][4:])),
    lambda data: with_parts(lambda parts: parts.__setitem__(2, parts[2][:4] + encode_word(MODULUS) + parts[2][8:])),
    lambda data: with_parts(lambda parts: parts.__setitem__(2, parts[2][:-4] + encode_word(MODULUS))),
    lambda data: with_parts(lambda parts: parts.__setitem__(0, encode_word(MODULUS) + parts[0][4:])),
    lambda data: with_parts(lambda parts: parts.__setitem__(1, bytes(2**16))),
])  # fmt: skip
def test_files_that_are_malformed(change):
    reasons = {ProofReason.MALFORMED, ProofReason.WRONG_SHAPE, ProofReason.NOT_CANONICAL}
    assert reason_of(change(final_file())) in reasons


def test_a_changed_proof_is_refused():
    size = len(split_parts(final_file()[HEAD:])[3])
    for place in (0, size // 3, size // 2, size - 1):
        assert isinstance(reason_of(changed_part(3, place)).value, str)


def test_a_weak_proof_is_refused_unless_the_caller_says_so():
    with pytest.raises(VerificationError) as caught:
        verify_proof(weak_program_key(), final_file())
    assert caught.value.reason == ProofReason.INSUFFICIENT_SECURITY


def test_a_key_for_segments_accepts_no_final_proof():
    with pytest.raises(InputError, match="hstar key"):
        verify_proof(weak_setup().key, final_file(), minimum_bits=0)
    with pytest.raises(InputError, match="hstar key"):
        hstar.verify(final_file(), weak_setup().key)
    with pytest.raises(InputError, match="another program"):
        ProgramKey(weak_setup(80).key, weak_program_key().recursion)
