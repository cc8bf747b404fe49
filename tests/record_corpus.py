"""Take all recordings anew: python tests/record_corpus.py [--stale] [DIR]

Runs every litmus file that harms nobody on the running kernel, and all on each kernel
image in DIR (vmlinuz*, as fetch_kernels.py writes them) in a VM. What was recorded of such
a kernel before is replaced; recordings of other kernels stay. With --stale only files that
are new or changed are run. As root, for recordings are root's answers.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from litmus_files import Litmus, all_litmus
from vfslab.oracle.recording import Recording, kernel_version, load, record_here, record_in_vm, write
from vfslab.oracle.vm import Transcript, image_release

FOLDER = Path(__file__).parent / "recordings"

Record = Callable[[list[Transcript]], Iterator[Recording]]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stale", action="store_true")
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?")
    options = parser.parse_args()
    corpus = all_litmus()
    if os.geteuid() == 0:
        harmless = [litmus for litmus in corpus if not litmus.vm_only]
        update(os.uname().release, harmless, record_here, options.stale)
    else:
        print("record_corpus: the running kernel is left out: you are not root", file=sys.stderr)
    for image in sorted(options.folder.glob("vmlinuz*")) if options.folder else []:
        update(
            image_release(image),
            corpus,
            lambda wanted, image=image: record_in_vm(image, wanted),
            options.stale,
        )


def update(release: str, corpus: list[Litmus], record: Record, only_stale: bool) -> None:
    """Bring the recordings of one kernel up to date, and remove those of files that are gone."""
    folder = FOLDER / kernel_version(release)
    kept = {str(path.relative_to(folder).with_suffix("")): path for path in folder.glob("*/*.json")}
    wanted = [
        Transcript(litmus.name, litmus.commands)
        for litmus in corpus
        if not (
            only_stale and litmus.name in kept and load(kept[litmus.name]).run.commands == litmus.commands
        )
    ]
    written = [write(recording, FOLDER) for recording in record(wanted)] if wanted else []
    for gone in kept.keys() - {litmus.name for litmus in corpus}:
        kept[gone].unlink()
    print(f"{folder}: {len(written)} of {len(corpus)} recorded")


if __name__ == "__main__":
    main()
