"""Bringing people and their points over from a former system, lot by lot, from a file."""
