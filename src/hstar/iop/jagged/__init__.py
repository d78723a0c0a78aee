"""The jagged claim: column values of tables of unequal heights as one weighted sum over one dense vector."""
