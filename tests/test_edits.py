"""Mass edits: what the two conversions match and miss, and who says so."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import take_spatch
from vfslab.blocks.callers import unused_helpers
from vfslab.blocks.sed import sed
from vfslab.blocks.tokens import same
from vfslab.changelog import default_gfp, fsnotify_sb_error, kmalloc_obj, semantic_patch
from vfslab.changelog.default_gfp import LINES, check, convert, corpus, count, does_not_compile
from vfslab.changelog.semantic_patch import (
    ALTERNATIVES,
    OWN,
    converted,
    drop_default,
    spatch_answer,
    toy_tree,
)
from vfslab.views.conversions import Conversions

pytestmark = pytest.mark.slow

# --- B1: what the semantic patch makes of a line; None where it leaves it alone

DECLARED = (
    "struct room { int doors; char label[16]; }; struct { char lines[3][32]; } seen; "
    "struct shelf { int rooms[]; }; "
    "void toy(unsigned int n) { struct room *p, *o, **pp; struct shelf *f; unsigned int *u; "
    "unsigned long *bm; u32 *words; u8 *bytes; char **names; "
    "__be32 *be; int *ints; void **vv; char (*x)[32]; "
)
TABLE = [
    ("p = kmalloc(sizeof(*p), GFP_KERNEL);", "p = kmalloc_obj(*p);"),
    ("p = kzalloc(sizeof(struct room), GFP_ATOMIC);", "p = kzalloc_obj(struct room, GFP_ATOMIC);"),
    ("p = kzalloc(sizeof *p, GFP_KERNEL);", "p = kzalloc_obj(*p);"),
    ("p = kcalloc(n, sizeof(*p), GFP_KERNEL);", "p = kzalloc_objs(*p, n);"),
    ("p = kcalloc(sizeof(*p), n, GFP_KERNEL);", "p = kzalloc_objs(*p, n);"),
    ("pp = kmalloc_array(n, sizeof(struct room *), GFP_KERNEL);", "pp = kmalloc_objs(struct room *, n);"),
    ("f = kzalloc(struct_size(f, rooms, n), GFP_KERNEL);", "f = kzalloc_flex(*f, rooms, n);"),
    (
        "\n#define ALLOC_ROOM() kmalloc(sizeof(struct room), GFP_KERNEL)\n",
        "\n#define ALLOC_ROOM() kmalloc_obj(struct room)\n",
    ),
    ("p = (struct room *)kmalloc(sizeof(*p), GFP_KERNEL);", "p = (struct room *)kmalloc_obj(*p);"),
    ("u = kmalloc(sizeof(*u), GFP_KERNEL);", "u = kmalloc_obj(*u);"),
    ("bm = kzalloc(sizeof(*bm), GFP_KERNEL);", "bm = kzalloc_obj(*bm);"),
    ("words = kcalloc(n, sizeof(u32), GFP_KERNEL);", None),
    ("bm = kmalloc_array(n, sizeof(unsigned long), GFP_KERNEL);", None),
    *(
        (f"ints = kcalloc(n, sizeof({kind}), GFP_KERNEL);", f"ints = kzalloc_objs({kind}, n);")
        for kind in ("int", "bool", "s32", "long", "size_t", "dma_addr_t")
    ),
    ("vv = kcalloc(n, sizeof(*vv), GFP_KERNEL);", "vv = kzalloc_objs(*vv, n);"),
    ("vv = kcalloc(n, sizeof(void *), GFP_KERNEL);", None),
    ("bytes = kzalloc(sizeof(struct room), GFP_KERNEL);", None),
    ("names = kcalloc(n, sizeof(char *), GFP_KERNEL);", None),
    ("be = kcalloc(n, sizeof(*be), GFP_KERNEL);", None),
    ("bytes = kmalloc(sizeof(p->label), GFP_KERNEL);", None),
    ("p = kmalloc(n * sizeof(*p), GFP_KERNEL);", None),
    ("o = kmalloc(sizeof(*o) + 16, GFP_KERNEL);", None),
    ("o = kmalloc(max(sizeof(*o), 64), GFP_KERNEL);", None),
    ("p = kmalloc_node(sizeof(*p), GFP_KERNEL, 0);", None),
    ("p = devm_kzalloc(dev, sizeof(*p), GFP_KERNEL);", None),
    ("p = krealloc(o, sizeof(*p), GFP_KERNEL);", None),
    ("p = kmemdup(o, sizeof(*p), GFP_KERNEL);", None),
    ("p = vzalloc(sizeof(*p));", None),
    ("/* p = kmalloc(sizeof(*p), GFP_KERNEL); */", None),
    ("x = kmalloc(sizeof(seen.lines), GFP_KERNEL);", "x = kmalloc_obj(seen.lines);"),
]


@pytest.mark.parametrize(("line", "expected"), TABLE, ids=[line.strip() for line, _ in TABLE])
def test_what_the_semantic_patch_matches(line: str, expected: str | None) -> None:
    rewritten = drop_default(semantic_patch.convert(f"{DECLARED}{line} }}").text).text
    assert rewritten == f"{DECLARED}{line if expected is None else expected} }}"


def test_the_order_is_the_meaning() -> None:
    own = next(one for one in ALTERNATIVES if one.name == OWN and "ALLOC(sizeof" in one.pattern)
    last = (*(one for one in ALTERNATIVES if one is not own), own)
    changed = [
        line
        for line, _ in TABLE
        if semantic_patch.convert(f"{DECLARED}{line} }}").text
        != semantic_patch.convert(f"{DECLARED}{line} }}", last).text
    ]
    assert changed == ["u = kmalloc(sizeof(*u), GFP_KERNEL);", "bm = kzalloc(sizeof(*bm), GFP_KERNEL);"]


def test_flags_and_layout_outside_the_call_are_kept() -> None:
    source = "struct room *p =\n\tkvzalloc(sizeof(*p),\n\t\tGFP_KERNEL | __GFP_NOWARN);\t/* ! */\n"
    assert drop_default(semantic_patch.convert(source).text).text == (
        "struct room *p =\n\tkvzalloc_obj(*p, GFP_KERNEL | __GFP_NOWARN);\t/* ! */\n"
    )


# --- what Coccinelle says


def test_coccinelle_gave_the_same_answer() -> None:
    version, files = spatch_answer()
    assert version == "1.1.1"
    assert list(files) == list(toy_tree())
    for name, source in toy_tree().items():
        own = source if name.startswith(semantic_patch.EXCLUDED) else semantic_patch.convert(source).text
        assert same(own, files[name]), name


@pytest.mark.skipif(shutil.which("spatch") is None, reason="coccinelle is not installed")
def test_coccinelle_still_gives_it() -> None:
    files = take_spatch.answer()["files"]
    assert isinstance(files, dict)
    for name, source in spatch_answer()[1].items():
        assert same(source, files[name]), name


# --- what a compiler says

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def compiled(folder: Path, files: dict[str, str]) -> dict[str, list[int]]:
    """The lines of each file of which gcc complains."""
    out: dict[str, list[int]] = {}
    for name, source in files.items():
        path = folder / name.replace("/", "_")
        path.write_text(source)
        command = ["gcc", "-fsyntax-only", "-Werror=incompatible-pointer-types", "-Werror=implicit"]
        ran = subprocess.run(
            [*command, "-I", str(semantic_patch.TOY / "include"), str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/local/bin"},
        )
        found = re.findall(rf"{re.escape(path.name)}:(\d+):\d+: error", ran.stderr)
        assert bool(found) == bool(ran.returncode), ran.stderr
        out[name] = sorted({int(number) for number in found})
    return out


@needs_gcc
def test_the_toy_tree_compiles_without_a_word(tmp_path: Path) -> None:
    assert not any(compiled(tmp_path, toy_tree()).values())


@needs_gcc
def test_the_conversion_finds_the_two_mistakes(tmp_path: Path) -> None:
    files, _ = converted(toy_tree())
    complained = compiled(tmp_path, files)
    lines = {
        files[name].split("\n")[number - 1].strip() for name, found in complained.items() for number in found
    }
    assert lines == {"badges = kzalloc_objs(struct room, count);", "rows = kmalloc_obj(seen.lines);"}


@needs_gcc
def test_what_sed_breaks_does_not_compile(tmp_path: Path) -> None:
    head = (
        '#include "slab.h"\nstruct room { int doors; } *room, *one, *two, *rooms; '
        "char *name; const char *from;\nint least(int, int); void room_enter(struct room *, int);\n"
        "struct shelf { struct room rooms[1]; } *shelf;\n"
        "void toy(int count) {\n"
    )
    source = head + "\n".join(LINES) + "\n}\n"
    assert compiled(tmp_path, {"toy.c": source}) == {"toy.c": []}
    after = convert(source)
    (found,) = compiled(tmp_path, {"toy.c": after}).values()
    lines = [after.split("\n")[number - 1] for number in found]
    assert lines == [convert(LINES[12]), convert(LINES[13])]


# --- how many


def test_counted_calls_as_text_and_as_a_plot() -> None:
    plot = Conversions(kmalloc_obj.COUNTED)
    assert plot.totals == (3500, 444, 3143)
    assert repr(plot).split("\n")[-1].split() == ["all", "3500", "444", "3143"]
    (axes,) = plot.figure.axes
    assert {words.get_text().strip() for words in axes.texts} >= {"2460", "192 + 2287", "7 + 188"}
    assert [words.get_text() for words in axes.get_legend().get_texts()][2] == "converted or new"
    assert "text/html" in plot._repr_mimebundle_()
    assert plot.totals[2] == kmalloc_obj.WITHOUT_FLAGS + 846


# --- B1: the sums and the types


def test_a_product_that_does_not_fit() -> None:
    assert kmalloc_obj.mul(1 << 61, 16) == 0
    assert kmalloc_obj.size_mul(1 << 61, 16) == (1 << 64) - 1
    assert kmalloc_obj.size_mul(3, 16) == kmalloc_obj.mul(3, 16) == 48


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        (("struct inode", "struct inode", 1), None, ""),
        (
            ("struct vcpu_tlb_priv", "struct vcpu_tlb_ref", 512),
            "a pointer to struct vcpu_tlb_priv points",
            "incomp",
        ),
        (("char [512]", "char [3][512]", 1), "a pointer to char [512] points", "incomp"),
        (("unsigned int", "unsigned int", 1 << 62), "0 bytes for 18446744073709551616", ""),
    ],
)
def test_what_a_pointer_points_at(words: tuple[str, str, int], before: str | None, after: str) -> None:
    broken = kmalloc_obj.SIDES.side("before", words).explore().broken
    assert broken is None if before is None else (broken or "").startswith(before)
    assert kmalloc_obj.SIDES.side("after", words).explore().broken is None
    last = kmalloc_obj.SIDES.side("after", words).timeline()
    assert after in last.boxes(len(last) - 1).rows["Build", "refused"]


def test_without_memory_nothing_points_anywhere() -> None:
    for side in ("before", "after"):
        assert all(row.broken is None for row in kmalloc_obj.SIDES.side(side).sweep())


# --- B2: seventeen lines

DROPPED = {0, 1, 2, 10, 11, 12, 13, 15, 16}


@pytest.mark.parametrize("number", range(17), ids=lambda number: LINES[number].strip())
def test_what_sed_takes_from_a_line(number: int) -> None:
    line = LINES[number]
    assert len(LINES) == 17
    after = convert(line)
    assert (after != line) == (number in DROPPED)
    if number in DROPPED:
        head, flag, tail = line.rpartition(", GFP_KERNEL)")
        assert after == f"{head}){tail}" and flag


def test_the_checker_flags_two_lines() -> None:
    flagged = {line: check(line, convert(line)) for line in LINES if check(line, convert(line))}
    assert flagged == {
        LINES[12]: ["line 1: my_alloc_obj() has lost its flag"],
        LINES[13]: ["line 1: kstrdup() has lost its flag"],
    }
    assert [line for line in LINES if does_not_compile(convert(line))] == list(flagged)


def test_the_checker_sees_other_changes() -> None:
    assert check("a = kmalloc_obj(*a, GFP_KERNEL);", "a = kmalloc_obj(*b);") == [
        "more than the flag has changed"
    ]
    assert check("f(a);", "f(a); g();") == ["more than the flag has changed"]
    assert check("/* a */", "/* b */") == ["more than the flag has changed"]


def test_files_are_selected_by_whole_words() -> None:
    assert default_gfp.selected({"a.c": LINES[0], "b.c": LINES[12], "c.c": LINES[3], "d.c": LINES[6]}) == (
        "a.c",
    )


@pytest.mark.slow
def test_counted() -> None:
    counted = count("\n".join(LINES))
    assert counted == (6, 3, 4, 4)
    assert (round(counted.precision, 2), round(counted.recall, 2)) == (0.67, 0.6)
    many = count(corpus())
    assert many == (693, 4, 52, 164)
    assert 0.99 < many.precision < 1 and 0.9 < many.recall < 0.95
    with pytest.raises(ValueError, match="more than flags"):
        count(LINES[0], "s/room/hall/")


def test_the_smallest_change_of_the_expression() -> None:
    better = r"s/\(\<k[vmz]*alloc_objs*([^;]*\), GFP_KERNEL)/\1)/g"
    assert check(LINES[13], sed(better, LINES[13])) == []
    assert LINES[13] == sed(better, LINES[13])
    assert sed(better, LINES[10]).count("GFP_KERNEL") == 0


# --- A5


def test_a_helper_that_only_the_dead_call() -> None:
    tree = fsnotify_sb_error.files("before", "7.0-rc1")
    tree["include/linux/more.h"] = "static inline void tell(void)\n{\n\tfsnotify_sb_error(0, 0, 0);\n}\n"
    assert unused_helpers(tree) == {"fsnotify_sb_error": "tell", "tell": ""}
    tree["fs/main.c"] = "void broken(void) { tell(); }"
    assert unused_helpers(tree) == {}
