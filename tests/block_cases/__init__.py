"""Small valid blocks that cover the rules of execution, and their invalid twins; vectors for oracle and guests."""
