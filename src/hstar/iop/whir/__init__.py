"""WHIR: a weighted sum over a committed vector, reduced to opened rows of ever shorter codewords."""
