"""The ledger beside a hand-written SQL floor, in one run: `make bench`.

Absolute figures wander from machine to machine and from minute to minute; ratios to a floor that
is measured in alternating slices of the same minutes do not.
"""
