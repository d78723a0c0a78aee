"""The finite fields: KoalaBear and its sextic extension, in plain Python. This is the definition."""
