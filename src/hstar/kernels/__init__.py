"""Buffers in, buffers out: one facade, a slow Python reference that defines each kernel, and a native twin."""
