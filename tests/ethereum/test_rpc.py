"""Blocks from a node: a local server that answers well, badly, slowly, too much."""

import gc
import socket
import time

import pytest

from hstar.errors import ExitCode, InputError
from hstar.ethereum.example import example_block
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
        ({**witness, "headers": [{"number": "0x0"}]}, "spells out its headers"),
        ({key: value for key, value in witness.items() if key != "headers"}, "headers is missing"),
        ({**witness, "state": ["0x1"]}, "state"),
        ([], "not an object"),
    ):
        with node(honest({**answers, ("debug_executionWitness", "0x1"): changed})) as (url, _):
            refuses(url, words)
