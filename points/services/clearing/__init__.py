"""Booking of points that end: the engine, and the clearings that a merchant orders."""
