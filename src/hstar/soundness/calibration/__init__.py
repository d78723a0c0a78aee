"""Calibration: on toy fields the best known attacks are run, and what they reach stands beside the bounds."""
