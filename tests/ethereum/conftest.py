"""The real blocks, read once."""

import pytest

from hstar.ethereum.inputs import load_block


@pytest.fixture(scope="session")
def blocks_folder(data_folder):
    return data_folder / "blocks"


@pytest.fixture(scope="session")
def mainnet_block(blocks_folder):
    return load_block(blocks_folder / "mainnet_24628607.json.gz")


@pytest.fixture(scope="session")
def smoke_vector(blocks_folder):
    return load_block(blocks_folder / "amsterdam_guest_smoke.json")
