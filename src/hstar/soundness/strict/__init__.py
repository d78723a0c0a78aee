"""The totals `strict` and `dkt26` of description files: what theorems say, and what soundcalc leaves out."""
