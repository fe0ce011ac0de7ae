"""Measurements beside a floor in the same run: a ratio is worth more than a figure."""
