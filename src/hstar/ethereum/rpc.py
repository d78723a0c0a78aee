"""A block and its witness from an execution client that offers `debug_executionWitness` and `debug_getRawBlock`.

Everything is bounded: seconds for a step and for a whole answer, bytes of an answer. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlsplit

from hstar.errors import InputError, Reason
from hstar.ethereum.fields import JsonValue, parse_json
from hstar.ethereum.inputs import MAX_INPUT_BYTES, BlockInput, parse_block

MAX_ANSWER_BYTES = 2 * MAX_INPUT_BYTES  # hexadecimal digits take two characters a byte
STEP_SECONDS = 60.0
ANSWER_SECONDS = 600.0
CHUNK_BYTES = 2**20
MAX_QUOTED_CHARACTERS = 200


def _unreachable(url: str, what: str) -> InputError:
    return InputError(f"{url}: {what}", reason=Reason.UNREADABLE, url=url)


class RpcClient:
    """JSON-RPC over HTTP; each call is a connection of its own.

    Args:
        url: `http://` or `https://`, with host and optional port and path.
        step_seconds: longest wait for a connection or for the next bytes.
        answer_seconds: longest time for a whole answer.
        max_answer_bytes: longest answer.

    Raises:
        InputError: the URL is of another kind.
    """

    def __init__(
        self,
        url: str,
        *,
        step_seconds: float = STEP_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
    ) -> None:
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError as error:
            raise InputError(f"{url!r} is not a URL ({error})", reason=Reason.MALFORMED) from error
        if parts.scheme not in ("http", "https") or not self._host or parts.username is not None:
            raise InputError(
                f"{url!r} is not a URL of a node; write http://HOST:PORT or https://HOST", reason=Reason.MALFORMED
            )
        self.url, self._is_secure = url, parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._step_seconds, self._answer_seconds = step_seconds, answer_seconds
        self._max_answer_bytes = max_answer_bytes

    def call(self, method: str, *parameters: JsonValue) -> JsonValue:
        """The result of one call.

        Raises:
            InputError: the node cannot be reached, answers too slowly, too much or no JSON-RPC, or reports an error.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
        answer = self._post(json.dumps(request).encode())
        try:
            parsed = parse_json(answer)
        except ValueError as error:
            raise _unreachable(self.url, f"the answer to {method} is no JSON ({error})") from error
        if not isinstance(parsed, dict) or ("result" not in parsed and "error" not in parsed):
            raise _unreachable(self.url, f"the answer to {method} is no JSON-RPC answer")
        if parsed.get("error") is not None:
            words = json.dumps(parsed["error"])[:MAX_QUOTED_CHARACTERS]
            raise _unreachable(self.url, f"the node refuses {method}: {words}")
        if parsed.get("result") is None:
            raise _unreachable(self.url, f"the node has nothing for {method}({json.dumps(parameters)[1:-1]})")
        return parsed["result"]

    def _post(self, body: bytes) -> bytes:
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._step_seconds)
        try:
            connection.request("POST", self._path, body, {"Content-Type": "application/json"})
            with connection.getresponse() as response:
                if response.status != http.client.OK:
                    raise _unreachable(self.url, f"the node answers with HTTP status {response.status}")
                return self._read(response)
        except (OSError, http.client.HTTPException) as error:
            raise _unreachable(self.url, f"the node cannot be reached ({error or type(error).__name__})") from error
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        deadline = time.monotonic() + self._answer_seconds
        parts, size = [], 0
        while part := response.read1(CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > self._max_answer_bytes:
                raise _unreachable(self.url, f"the answer has more than {self._max_answer_bytes} bytes")
            if time.monotonic() > deadline:
                raise _unreachable(self.url, f"the answer takes more than {self._answer_seconds:.0f} seconds")
        return b"".join(parts)


def fetch_block(client: RpcClient, number: int) -> BlockInput:
    """The block with this number and its witness.

    Raises:
        InputError: as in `RpcClient.call`; or what the node sends is no block with a witness, or another block.
    """
    tag = hex(number)
    document = {
        "chainId": client.call("eth_chainId"),
        "block": client.call("debug_getRawBlock", tag),
        "executionWitness": client.call("debug_executionWitness", tag),
    }
    block = parse_block(json.dumps(document).encode(), client.url)
    if block.block.header.number != number:
        raise _unreachable(client.url, f"the node sent block {block.block.header.number} instead of {number}")
    return block
