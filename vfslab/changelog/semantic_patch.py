"""69050f8d6d07, the tool: what the semantic patch matches, in which order, and what it leaves alone.

Five layers, the first alternative that fits wins. Neither the toy tree nor the allocator is known here. The
layers follow what the script of that commit does; how they are put is this file's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from vfslab.blocks.declared import types
from vfslab.blocks.rewrite import Alternative, Decision, Rewritten, TypeOf, Where, semantic

TOY = Path(__file__).with_name("toy")
EXCLUDED = ("tools/", "samples/")

ONE = {name: f"{name}_obj" for name in ("kmalloc", "kzalloc", "kvmalloc", "kvzalloc")}
MANY = {
    "kmalloc_array": "kmalloc_objs",
    "kcalloc": "kzalloc_objs",
    "kvmalloc_array": "kvmalloc_objs",
    "kvcalloc": "kvzalloc_objs",
}
FLEX = {name: f"{name}_flex" for name in ONE}

_SPELT = ("char", "unsigned char", "wchar_t", "unsigned short", "unsigned int", "unsigned long")
LISTED = frozenset(
    [
        *_SPELT,
        *("unsigned", "unsigned long long", "unsigned short int", "unsigned long int"),
        *(f"{prefix}{bits}" for prefix in ("u", "__u") for bits in (8, 16, 32, 64)),
        *(f"uint{bits}_t" for bits in (8, 16, 32, 64)),
        *(f"__{order}{bits}" for order in ("le", "be") for bits in (16, 32, 64)),
    ]
)
"""The integers that are shielded; int, long, s8 to s64, bool, size_t and dma_addr_t are not among them."""


def is_listed(kind: str, type_of: TypeOf) -> bool:
    """Whether it names one of the shielded integers."""
    return kind in LISTED


def is_pointer_to_listed(kind: str, type_of: TypeOf) -> bool:
    """The same for a pointer to one, or a pointer to such a pointer."""
    return kind.endswith("*") and kind.rstrip("* ") in LISTED and kind.count("*") < 3


def holds_listed(expression: str, type_of: TypeOf) -> bool:
    """Whether a variable is a pointer to one of them."""
    return is_pointer_to_listed(type_of(expression) or "", type_of)


def is_char_array(expression: str, type_of: TypeOf) -> bool:
    """Whether an expression is an array of characters, with one dimension."""
    kind = type_of(expression) or ""
    return kind.startswith("char [") and kind.count("[") == 1


def _layers(names: Mapping[str, str], pattern: str, becomes: str) -> dict[str, Alternative]:
    """The alternatives for one shape of call; SIZE in the pattern is where the size stands."""

    def one(name: str, size: str, becomes: str | None, target: str = "", **where: Where) -> Alternative:
        return Alternative(name, target + pattern.replace("SIZE", size), becomes, {"ALLOC": names, **where})

    own = "the size of what it points at"
    return {
        own: one(own, "sizeof(*V)", becomes.format(what="*{V}"), "V = "),
        "integer": one("the size of a listed integer", "sizeof(T)", None, T=is_listed),
        "pointer": one("the size of a pointer to one", "sizeof(T)", None, T=is_pointer_to_listed),
        "characters": one("the size of an array of characters", "sizeof(E)", None, E=is_char_array),
        "bytes": one("for a pointer to a listed integer", "sizeof(E)", None, "V = ", V=holds_listed),
        "void": one("the size of void *", "sizeof(void *)", None),
        "any": one("the size of anything", "sizeof(E)", becomes.format(what="{E}")),
    }


_SINGLE = _layers(ONE, "ALLOC(SIZE, FLAGS)", "{{ALLOC}}({what}, {{FLAGS}})")
_ARRAY = [
    _layers(MANY, pattern, "{{ALLOC}}({what}, {{COUNT}}, {{FLAGS}})")
    for pattern in ("ALLOC(COUNT, SIZE, FLAGS)", "ALLOC(SIZE, COUNT, FLAGS)")
]
OWN, *SHIELDS, ANY = _SINGLE

SINGLE = tuple(_SINGLE.values())
# For arrays a listed integer stays one, whichever way its size is written.
ARRAY = tuple(layer[name] for name in (*SHIELDS, OWN, ANY) for layer in _ARRAY)
TRAILING = (
    Alternative(
        "the size of a struct with an array behind it",
        "ALLOC(struct_size(P, M, N), FLAGS)",
        "{ALLOC}(*{P}, {M}, {N}, {FLAGS})",
        {"ALLOC": FLEX},
    ),
)
ALTERNATIVES = (*SINGLE, *ARRAY, *TRAILING)

# What comes after it: the flags go where they are the default (1c7bbaeed110).
_FAMILY = (("E", ONE), ("E, COUNT", MANY), ("E, M, COUNT", FLEX))
DEFAULT = tuple(
    Alternative(
        "the default named",
        f"NAME({arguments}, GFP_KERNEL)",
        "{NAME}(" + ", ".join(f"{{{word}}}" for word in arguments.split(", ")) + ")",
        {"NAME": {name: name for name in family.values()}},
    )
    for arguments, family in _FAMILY
)


def convert(source: str, alternatives: tuple[Alternative, ...] = ALTERNATIVES) -> Rewritten:
    """Convert one file; the flags stay where they are."""
    return semantic(source, alternatives, types)


def drop_default(source: str) -> Rewritten:
    """Take GFP_KERNEL from the end of every call of the family, wherever its lines break."""
    return semantic(source, DEFAULT, types)


def toy_tree() -> dict[str, str]:
    """The C files of the toy tree by name, as they were before any conversion."""
    return {
        str(path.relative_to(TOY)): path.read_text(encoding="utf-8") for path in sorted(TOY.glob("*/*.c"))
    }


def spatch_answer() -> tuple[str, dict[str, str]]:
    """What Coccinelle made of the toy tree: its version, and the files by name, flags still in them."""
    recorded = json.loads((TOY / "spatch.json").read_text(encoding="utf-8"))
    return recorded["version"], recorded["files"]


def converted(tree: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[Decision, ...]]]:
    """A tree after the conversion, flags dropped where they are the default, and what was decided where."""
    files, decisions = {}, {}
    for name, source in tree.items():
        if name.startswith(EXCLUDED):
            files[name] = source
            continue
        rewritten = convert(source)
        files[name] = drop_default(rewritten.text).text
        decisions[name] = rewritten.decisions
    return files, decisions
