"""The soundness calculator: every error term exact, sizes, and the solver that chooses the parameters."""
