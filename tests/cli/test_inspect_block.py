"""`hstar inspect` on blocks and stateless inputs, as a process."""

import json
import subprocess
import sys


def inspect(path, *options):
    command = [sys.executable, "-m", "hstar.cli.main", "inspect", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_block_as_json(data_folder):
    finished = inspect(data_folder / "blocks/hoodi_1151683.json.gz", "--json")
    assert finished.returncode == 0
    description = json.loads(finished.stdout)
    assert description["kind"] == "block"
    assert (description["chain"], description["rules"], description["block_number"]) == ("Hoodi", "Prague", 1151683)
    assert description["witness"]["nodes"] == 104
    assert description["transactions"] == {"blob": 1}


def test_a_stateless_input_for_people(data_folder):
    finished = inspect(data_folder / "blocks/amsterdam_guest_smoke.json")
    assert finished.returncode == 0
    assert "0x1501" in finished.stdout
    assert "with_public_keys" in finished.stdout
    assert "before Prague" in finished.stdout.replace("\n", " ")


def test_a_file_that_is_no_block_is_bad_input(tmp_path):
    path = tmp_path / "file.json"
    path.write_text("{}")
    finished = inspect(path, "--json")
    assert finished.returncode == 2
    assert json.loads(finished.stdout)["reason"] == "malformed"
    assert "Traceback" not in finished.stderr
