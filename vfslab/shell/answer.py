"""What came of a command, as text for people: the same in a notebook and on a terminal."""

from __future__ import annotations

from vfslab.shell.session import CommandResult


def answer(result: CommandResult) -> str:
    """Prompt, command and output as a terminal shows them; then, of a failure, errno, check and remedy.

    What a terminal would obey or could not show is written as an escape.
    """
    text = escaped(f"{result.shell}# {result.command}\n{result.stdout}{result.stderr}")
    if not result.status:
        return text
    why = ": ".join(filter(None, (result.errno, result.reason)))
    text += f"    status {result.status}{', ' if why else ''}{escaped(why, keep='')}\n"
    return text + (f"    remedy: {escaped(result.remedy, keep='')}\n" if result.remedy else "")


def escaped(text: str, keep: str = "\n\t") -> str:
    """``text`` with escapes for what a terminal would obey or could not show, ``keep`` aside."""
    return "".join(char if char.isprintable() or char in keep else repr(char)[1:-1] for char in text)
