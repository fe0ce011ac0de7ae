"""What the mall can refuse, each with a stable code."""
