"""What staff fill in: rules, versions, trial baskets."""
