"""Tables on the console, aligned, Chinese and Latin alike left out of it."""

import sys


class Report:
    def __init__(self) -> None:
        self._widths: list[int] = []

    def say(self, text: str) -> None:
        print(text, flush=True)

    def title(self, text: str, *columns: str) -> None:
        self.say(f"\n{text}")
        self._widths = [max(len(column), 9) for column in columns]
        self._widths[0] = 34
        self.row(*columns)

    def row(self, *values: object) -> None:
        cells = [
            str(value).ljust(width) if number == 0 else str(value).rjust(width)
            for number, (value, width) in enumerate(zip(values, self._widths, strict=True))
        ]
        self.say("  ".join(cells).rstrip())

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)
