"""The machine's chips: one family of instructions, or one part of the memory argument, in each module."""
