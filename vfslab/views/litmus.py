"""Litmus: one order in which a machine carries out the instructions of several threads, a column for each.

As text the same columns. What the instructions are about is not known here.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from vfslab.blocks.ordering import Load, Machine, Place, Position, Program
from vfslab.views import palette

_STYLE = (
    "<style>.vf-litmus{overflow-x:auto}.vf-litmus table{border-collapse:collapse}"
    ".vf-litmus th,.vf-litmus td{text-align:left;padding:.15em .8em;font-size:12px}"
    f".vf-litmus td{{font-family:monospace;border-top:1px solid {palette.RULE}}}"
    f".vf-litmus .vf-ahead{{border-left:3px solid {palette.VERMILLION}}}</style>"
)


class Litmus:
    """The instructions in the order ``way``, with what each load gave.

    What was done before something that stands above it in its thread says so. Raises ValueError for a way
    that the machine does not go.
    """

    def __init__(self, program: Program, machine: Machine, way: Sequence[Place]) -> None:
        self.threads = tuple(program.threads)
        self.machine = machine.name
        position = Position(program, machine)
        self.rows: list[tuple[str, str, bool]] = []
        for place in way:
            position.execute(place)
            instruction = program.threads[place.thread][place.number]
            ahead = any(Place(place.thread, number) not in position.done for number in range(place.number))
            told = str(instruction)
            if isinstance(instruction, Load) and instruction.into in position.registers:
                told += f"  -> {position.registers[instruction.into]}"
            self.rows.append((place.thread, told, ahead))
        self.registers = dict(position.registers)

    def __repr__(self) -> str:
        cells = [[self._cell(thread, row) for thread in self.threads] for row in self.rows]
        table = [list(self.threads), *cells]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.threads))]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([f"on {self.machine}:", *lines])

    def _cell(self, thread: str, row: tuple[str, str, bool]) -> str:
        owner, told, ahead = row
        return f"{told}  (ahead of its turn)" * ahead or told if owner == thread else ""

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self) -> str:
        """A table: a column for each thread, a row for each instruction."""
        head = "".join(f"<th>{html.escape(thread)}</th>" for thread in self.threads)
        rows = []
        for row in self.rows:
            cells = ""
            for thread in self.threads:
                look = ' class="vf-ahead"' if row[2] and row[0] == thread else ""
                cells += f"<td{look}>{html.escape(self._cell(thread, row))}</td>"
            rows.append(f"<tr>{cells}</tr>")
        return (
            f'{_STYLE}<div class="vf-litmus"><table><caption>on {html.escape(self.machine)}</caption>'
            f"<tr>{head}</tr>{''.join(rows)}</table></div>"
        )
