"""Systems described in files of the calculator soundcalc: strict reading, and its numbers reproduced cell by cell."""
