"""What came of a command, as text for people: the same in a notebook and on a terminal."""

from __future__ import annotations

from vfslab.shell.session import CommandResult


def answer(result: CommandResult) -> str:
    """Prompt, command and output as a terminal shows them; then, where it failed, the errno and the check.

    What a terminal would obey or could not show is written as an escape.
    """
    parts = [f"{result.shell}# {result.command}\n", result.stdout, result.stderr]
    if result.status:
        why = ": ".join(filter(None, (result.errno, result.reason)))
        parts.append(f"    status {result.status}{', ' if why else ''}{why}\n")
    return "".join(
        char if char.isprintable() or char in "\n\t" else repr(char)[1:-1] for char in "".join(parts)
    )
