"""Take all recordings anew: python tests/record_corpus.py [DIR]

Runs every litmus file that harms nobody on the running kernel, and all on each kernel
image in DIR (vmlinuz*, as fetch_kernels.py writes them) in a VM. What was recorded of such a kernel before is
replaced; recordings of other kernels stay. As root, for recordings are root's answers.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from litmus_files import all_litmus
from vfslab.oracle.recording import Recording, record_here, record_in_vm, write
from vfslab.oracle.vm import Transcript

FOLDER = Path(__file__).parent / "recordings"


def main(images: list[Path]) -> None:
    corpus = all_litmus()
    transcripts = [Transcript(litmus.name, litmus.commands) for litmus in corpus]
    if os.geteuid() == 0:
        here = [
            transcript for litmus, transcript in zip(corpus, transcripts, strict=True) if not litmus.vm_only
        ]
        replace(record_here(here))
    else:
        print("record_corpus: the running kernel is left out: you are not root", file=sys.stderr)
    for image in images:
        replace(record_in_vm(image, transcripts))


def replace(recordings: Iterator[Recording]) -> None:
    """Write the recordings of one kernel in the place of those that are there."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as new:
        written = [write(recording, Path(new)) for recording in recordings]
        (kernel,) = Path(new).iterdir()
        place = FOLDER / kernel.name
        if place.exists():
            shutil.rmtree(place)
        kernel.rename(place)
    print(f"{place}: {len(written)} recordings")


if __name__ == "__main__":
    main(sorted(path for folder in sys.argv[1:] for path in Path(folder).glob("vmlinuz*")))
