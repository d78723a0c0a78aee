"""Blocks from a node: a local server that answers well, badly, slowly, too much."""

import gc
import socket
import time
from dataclasses import replace

import pytest

from hstar.errors import ExitCode, InputError
from hstar.ethereum.example import example_block
from hstar.ethereum.headers import decode_header
from hstar.ethereum.maker import make_ancestors
from hstar.ethereum.oracle.judge import judge
from hstar.ethereum.rpc import RpcClient, fetch_block
from rpc_node import answers_of, honest, node, shipped_block_document


@pytest.fixture(scope="module")
def answers():
    return answers_of(shipped_block_document())


def test_a_block_from_a_node_is_the_block(answers):
    with node(honest(answers)) as (url, asked):
        block = fetch_block(RpcClient(url), 1)
    shipped = example_block()
    assert (block.block, block.witness, block.chain_id) == (shipped.block, shipped.witness, shipped.chain_id)
    assert [request["method"] for request in asked] == ["eth_chainId", "debug_getRawBlock", "debug_executionWitness"]
    assert asked[1]["params"] == ["0x1"]


def refuses(url, words, number=1, **limits):
    with pytest.raises(InputError, match=words) as caught:
        fetch_block(RpcClient(url, **limits), number)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    return caught.value


def test_what_a_node_does_not_have(answers):
    with node(honest(answers)) as (url, _):
        refuses(url, r'nothing for debug_getRawBlock\("0x2"\)', number=2)
    other = {**answers, ("debug_getRawBlock", "0x2"): answers["debug_getRawBlock", "0x1"]}
    other["debug_executionWitness", "0x2"] = answers["debug_executionWitness", "0x1"]
    with node(honest(other)) as (url, _):
        refuses(url, "sent block 1 instead of 2", number=2)


def test_errors_of_the_node_are_quoted_but_bounded():
    with node(lambda request: {"error": {"code": -32601, "message": "no such method" + "!" * 5000}}) as (url, _):
        assert len(refuses(url, "refuses eth_chainId.*no such method").message) < 400
    with node(lambda request: {}) as (url, _):
        refuses(url, "no JSON-RPC answer")
    with node(lambda request: {"result": 1}, status=500) as (url, _):
        refuses(url, "HTTP status 500")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000, b"\xff\xfe", b'"text"'])
def test_answers_that_are_no_json_rpc(body):
    def raw(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with node(None, raw=raw) as (url, _):
        refuses(url, "no JSON")


def test_redirects_are_not_followed():
    def raw(handler):
        handler.send_response(302)
        handler.send_header("Location", "http://127.0.0.1:1/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with node(None, raw=raw) as (url, _):
        refuses(url, "HTTP status 302")


def test_answers_are_bounded_in_bytes():
    def raw(handler):
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(bytes(10_000))
            except OSError:
                return

    with node(None, raw=raw) as (url, _):
        refuses(url, "more than 100000 bytes", max_answer_bytes=100_000)


def test_answers_are_bounded_in_time():
    def slow(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    with node(None, raw=slow) as (url, _):
        begin = time.monotonic()
        refuses(url, "takes more than", answer_seconds=0.1)
        assert time.monotonic() - begin < 1.5

    with socket.create_server(("127.0.0.1", 0)) as silent:
        refuses(f"http://127.0.0.1:{silent.getsockname()[1]}", "cannot be reached", step_seconds=0.2)


# Python 3.11 leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_node_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refuses(f"http://127.0.0.1:{port}", "cannot be reached")
    gc.collect()


@pytest.mark.parametrize(
    "url", ["", "node", "ftp://node", "http://", "file:///etc/passwd", "http://a:b@node", "http://n:x"]
)
def test_urls_of_other_kinds(url):
    with pytest.raises(InputError, match="URL"):
        RpcClient(url)


def test_witnesses_of_other_shapes(answers):
    witness = answers["debug_executionWitness", "0x1"]
    for changed, words in (
        ({**witness, "headers": [{"number": "0x0"}]}, r"headers\[0\].parentHash is missing"),
        ({key: value for key, value in witness.items() if key != "headers"}, "headers is missing"),
        ({**witness, "state": ["0x1"]}, "state"),
        ([], "not an object"),
    ):
        with node(honest({**answers, ("debug_executionWitness", "0x1"): changed})) as (url, _):
            refuses(url, words)


def spelled_out(encoded, **changes):
    """A header as nodes write it that do not send RLP: with its hash, and null for what later forks added."""
    header = decode_header(bytes.fromhex(encoded[2:]))
    return {
        "parentHash": "0x" + header.parent_hash.hex(),
        "sha3Uncles": "0x" + header.ommers_hash.hex(),
        "miner": "0x" + header.fee_recipient.hex(),
        "stateRoot": "0x" + header.state_root.hex(),
        "transactionsRoot": "0x" + header.transactions_root.hex(),
        "receiptsRoot": "0x" + header.receipts_root.hex(),
        "logsBloom": "0x" + header.logs_bloom.hex(),
        "difficulty": "0x0",
        "number": hex(header.number),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "extraData": "0x" + header.extra_data.hex(),
        "mixHash": "0x" + header.prev_randao.hex(),
        "nonce": "0x" + header.nonce.hex(),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawalsRoot": "0x" + header.withdrawals_root.hex(),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "parentBeaconBlockRoot": "0x" + header.parent_beacon_block_root.hex(),
        "requestsHash": "0x" + header.requests_hash.hex(),
        "balHash": None,
        "slotNumber": None,
        "hash": "0x" + header.hash().hex(),
        **changes,
    }


def with_headers(answers, headers):
    witness = {**answers["debug_executionWitness", "0x1"], "headers": headers, "keys": None}
    return honest({**answers, ("debug_executionWitness", "0x1"): witness})


@pytest.fixture(scope="module")
def ancestors():
    """RLP of the headers 0 to 2, as hexadecimal digits, each the parent of the next."""
    return ["0x" + header.encode().hex() for header in make_ancestors(bytes(32), count=3)]


# What nodes add to a header beyond the fields that its hash covers.
WIDE = {"size": "0x25f", "totalDifficulty": "0x0", "uncles": [], "transactions": ["0x00"], "withdrawals": []}


@pytest.mark.parametrize("changes", [{}, WIDE, {"someFieldOfTheFuture": None}])
def test_headers_that_a_node_spells_out_are_the_same_headers(answers, ancestors, changes):
    expected = tuple(bytes.fromhex(header[2:]) for header in ancestors)
    for order in (ancestors, ancestors[::-1]):
        headers = [spelled_out(header, **changes) for header in order]
        with node(with_headers(answers, headers)) as (url, _):
            assert fetch_block(RpcClient(url), 1).witness.headers == expected


def test_the_later_forks_fields_and_both_their_names(answers, ancestors):
    header = replace(decode_header(bytes.fromhex(ancestors[0][2:])), block_access_list_hash=b"\x05" * 32, slot_number=9)
    for name in ("balHash", "blockAccessListHash"):
        more = {name: "0x" + "05" * 32, "slotNumber": "0x9", "hash": "0x" + header.hash().hex()}
        with node(with_headers(answers, [spelled_out(ancestors[0], **more)])) as (url, _):
            assert fetch_block(RpcClient(url), 1).witness.headers == (header.encode(),)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"someFieldOfTheFuture": "0x1"}, r"headers\[0\].*unknown field 'someFieldOfTheFuture'"),
        ({"x" * 5000: 1}, "unknown field 'xxx"),
        ({"stateRoot": "0x" + "01" * 32}, "but its fields hash to 0x"),
        ({"hash": "0x" + "01" * 32}, "has the hash 0x0101.*but its fields hash to 0x"),
        ({"stateRoot": None}, r"headers\[0\].stateRoot.*is not a string"),
        ({"gasLimit": "0x1" + "0" * 16}, "gasLimit.*is not an integer from 0 to 2\\^64 - 1"),
        ({"miner": "0x" + "00" * 21}, "miner.*has 21 bytes, not 20"),
        ({"slotNumber": "0x1"}, "lacks a field of an older fork"),
        ({"balHash": "0x" + "05" * 32, "blockAccessListHash": "0x" + "05" * 32}, "has both balHash and"),
    ],
)
def test_headers_that_do_not_hold_together(answers, ancestors, changes, words):
    with node(with_headers(answers, [spelled_out(ancestors[0], **changes)])) as (url, _):
        assert len(refuses(url, words).message) < 500


def test_headers_are_all_of_one_form(answers, ancestors):
    for headers in ([spelled_out(ancestors[0]), ancestors[1]], [ancestors[0], spelled_out(ancestors[1])]):
        with node(with_headers(answers, headers)) as (url, _):
            refuses(url, r"headers\[1\]")


def test_a_block_with_a_spelled_out_parent_is_judged(answers):
    pytest.importorskip("ethereum.forks")
    headers = [spelled_out(header) for header in answers["debug_executionWitness", "0x1"]["headers"]]
    with node(with_headers(answers, headers)) as (url, _):
        judgement = judge(fetch_block(RpcClient(url), 1))
    assert judgement.stateless_input.encode() == judge(example_block()).stateless_input.encode()
