"""What a merchant may not have meant: hints about a program that may be published all the same.

A hint says what was looked at, so that its silence can be judged too. Rules that are refused
anyway are left out here.
"""

from campaigns.selectors.warnings.kinds import CHECKED, Hint, sentence
from campaigns.selectors.warnings.looking import about_rule, of_program

__all__ = ["CHECKED", "Hint", "about_rule", "of_program", "sentence"]
