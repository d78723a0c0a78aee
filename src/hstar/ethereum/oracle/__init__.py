"""The host oracle: Ethereum's executable specification over a witness, with complete checks and reasons in words."""
