"""The circuit language: chips as Python classes, traced once into programs; everything else is derived from these."""
