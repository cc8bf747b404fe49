"""Splitting a line into words, held against tables and against sh itself."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vfslab.shell.words import WordError, split


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        (" \t ", []),
        ("mount", ["mount"]),
        ("  mount\t-t  tmpfs none /a ", ["mount", "-t", "tmpfs", "none", "/a"]),
        ("mkdir '/a b'", ["mkdir", "/a b"]),
        ('mkdir "/a b"', ["mkdir", "/a b"]),
        (r"mkdir /a\ b", ["mkdir", "/a b"]),
        (r"mkdir /a\\b", ["mkdir", "/a\\b"]),
        ("mkdir /a' 'b\" \"c", ["mkdir", "/a b c"]),
        ("ls '' \"\"", ["ls", "", ""]),
        (r"ls 'a\b' ", ["ls", r"a\b"]),
        (r'ls "a\b \\ \" \$ \`"', ["ls", 'a\\b \\ " $ `']),
        ("ls '$HOME | `x` * ? [a] > <'", ["ls", "$HOME | `x` * ? [a] > <"]),
        ('ls "| * ? [a] > < ; & ( ) {"', ["ls", "| * ? [a] > < ; & ( ) {"]),
        (r"ls \$HOME \| \* \; \~ \#", ["ls", "$HOME", "|", "*", ";", "~", "#"]),
        ("# a comment", []),
        ("ls /a # a comment | with * 'signs", ["ls", "/a"]),
        ("ls a#b 'c' #", ["ls", "a#b", "c"]),
        ("ls ''#b", ["ls", "#b"]),
        ("ls a=b a~", ["ls", "a=b", "a~"]),
        ("ls /é/漢", ["ls", "/é/漢"]),
        ("mount -o a,b=c:d/e@f%g+h!i^j]", ["mount", "-o", "a,b=c:d/e@f%g+h!i^j]"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("ls 'a", 4, "this ' is never closed"),
        ('ls "a', 4, 'this " is never closed'),
        ("ls 'a' 'b", 8, "this ' is never closed"),
        ('ls "a\\"', 4, 'this " is never closed'),
        ("ls a\\", 5, "backslash at the end"),
        ("ls | cat", 4, "no pipes"),
        ("ls a|cat", 5, "no pipes"),
        ("ls > f", 4, "no redirections"),
        ("cat < f", 5, "no redirections"),
        ("ls; ls", 3, "one command on a line"),
        ("ls && ls", 4, "no background jobs"),
        ("ls &", 4, "no background jobs"),
        ("(ls)", 1, "no subshells"),
        ("ls $HOME", 4, "no variables"),
        ('ls "a $HOME"', 7, "no variables"),
        ("ls `pwd`", 4, "no command substitution"),
        ('ls "`pwd`"', 5, "no command substitution"),
        ("ls /*", 5, "no patterns"),
        ("ls /a?", 6, "no patterns"),
        ("ls /[ab]", 5, "no patterns"),
        ("mkdir -p /{a,b}", 11, "no brace expansion"),
        ("cd ~", 4, "no home directories"),
        ("ls ~root/x", 4, "no home directories"),
        ("PS1=x ls", 1, "no variables"),
        ("  PS1= ls", 3, "no variables"),
        ("ls a\0b", 5, "NUL"),
        ("ls 'a\0b'", 6, "NUL"),
        ("ls # \0", 6, "NUL"),
        ("ls \udcff", 4, "half a character"),
    ],
)
def test_what_is_refused(line: str, column: int, message: str) -> None:
    with pytest.raises(WordError, match=message) as refused:
        split(line)
    assert refused.value.column == column
    assert str(refused.value) == f"column {column}: {refused.value.message}"


@example(["A="])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=0)))
def test_what_python_quotes_comes_back(words: list[str]) -> None:
    # behind a command, for a first word like A= is an assignment to any shell
    assert split(shlex.join(["echo", *words])) == ["echo", *words]


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no sh")
@example('a\'b c\'\\ d"e\\f\\"g" # h')
@example("'' a#b \\# #c")
@given(st.text(alphabet="ab \t'\"\\#=~é!^]%:,", max_size=20))
def test_sh_splits_the_same(line: str) -> None:
    try:
        words = split(line)
    except WordError:
        assume(False)
    script = f"set -- {line}\nprintf '%s\\n' \"$#\"\nprintf '%s\\0' \"$@\""
    done = subprocess.run(["sh", "-c", script], capture_output=True, encoding="utf-8", check=True)
    count, _, listed = done.stdout.partition("\n")
    assert int(count) == len(words)
    assert listed == "".join(word + "\0" for word in words or [""])
