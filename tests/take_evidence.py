"""Take the evidence of the mount fixes anew: python tests/take_evidence.py [DIR]

Runs every reproducer on the running kernel, and on each kernel image in DIR (vmlinuz*, as
fetch_kernels.py writes them) in a VM. What was recorded of such a kernel before is replaced; recordings of
other kernels stay. As root, for the recordings are root's answers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from vfslab.changelog.facts import RECORDED
from vfslab.oracle.recording import kernel_version
from vfslab.oracle.vm import VM, Output

REPRODUCERS = Path(__file__).parent / "reproducers"
SHARED = REPRODUCERS / "mounts.py"

# It is the boot that they look at: one for each line of options.
BOOTS = {
    REPRODUCERS / "boot_params.py": (
        "mhash_entries=8192 mphash_entries=0x1000",
        "mhash_entries=8k mphash_entries=64garbage",
        "mhash_entries=-1 mphash_entries=",
    ),
    REPRODUCERS / "hash_entries.py": (
        "dhash_entries=1024 ihash_entries=0x1000",
        "dhash_entries=1024k ihash_entries=12abc",
        "dhash_entries=abc ihash_entries=-1",
        "dhash_entries= ihash_entries=99999999999999999999999",
    ),
}
# It takes modules that no image has in it: it says itself how to run it.
WITH_MODULES = REPRODUCERS / "fitrim.py"
LIMIT = 240

RUNNING, IMAGE = "running kernel", "VM image"


def reproducers() -> list[Path]:
    """Those that ask the kernel, whichever way it was booted."""
    return sorted(path for path in REPRODUCERS.glob("*.py") if path not in (SHARED, *BOOTS, WITH_MODULES))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("take_evidence: you are not root")
    version = kernel_version(os.uname().release)
    for path in reproducers():
        record(version, path.stem, RUNNING, run_here(path))
    for image in sorted(options.folder.glob("vmlinuz*")) if options.folder else []:
        take_in_vms(image)


def run_here(path: Path) -> dict[str, Any]:
    """The facts that a reproducer finds on the running kernel. Exits where it fails."""
    command = [sys.executable, "-B", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    return facts_of(path, Output(ran.returncode, ran.stdout, ran.stderr))


def take_in_vms(image: Path) -> None:
    with VM(image, (), programs=reproducers(), program_limit=LIMIT) as vm:
        version = kernel_version(vm.release)
        for path, output in zip(reproducers(), vm.outputs(), strict=True):
            record(version, path.stem, IMAGE, facts_of(path, output))
    for program, lines in BOOTS.items():
        by_option: dict[str, Any] = {}
        for options in lines:
            with VM(image, (), programs=[program], options=options) as vm:
                by_option |= facts_of(program, next(vm.outputs()))
        record(version, program.stem, IMAGE, by_option)


def facts_of(path: Path, output: Output) -> dict[str, Any]:
    """The facts that were printed. Exits where the reproducer failed."""
    if output.status:
        sys.exit(f"{path.name} ended with {output.status}:\n{output.stderr}")
    facts: dict[str, Any] = json.loads(output.stdout)
    return facts


def record(version: str, reproducer: str, taken: str, facts: dict[str, Any]) -> None:
    path = RECORDED / version / f"{reproducer}.json"
    value = {"kernel": version, "reproducer": reproducer, "taken": taken, "facts": facts}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
