"""Levels, windows and what becomes of a standing: plain data in, plain data out."""
