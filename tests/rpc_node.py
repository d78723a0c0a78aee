"""A small execution client for tests: answers JSON-RPC over HTTP from a block file, or misbehaves on purpose."""

import gzip
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files


def shipped_block_document():
    return json.loads(gzip.decompress(files("hstar.ethereum").joinpath("data/example_block.json.gz").read_bytes()))


def answers_of(document):
    """What a node that has this block (and no other) says, by method and parameters."""
    number = hex(1)
    return {
        ("eth_chainId",): hex(document["chainId"]) if isinstance(document["chainId"], int) else document["chainId"],
        ("debug_getRawBlock", number): document["block"],
        ("debug_executionWitness", number): document["executionWitness"],
    }


def honest(answers):
    def reply(request):
        return {"result": answers.get((request["method"], *request["params"]))}

    return reply


@contextmanager
def node(reply, *, raw=None, status=200):
    """Serves `reply(request)` on a local port; `raw(handler)` takes over the whole answer."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(request)
            if raw is not None:
                raw(self)
                return
            body = json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply(request)}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
