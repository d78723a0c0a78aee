"""Ethereum: blocks, stateless inputs, witnesses, and the executable specification as oracle; nothing about proving."""
