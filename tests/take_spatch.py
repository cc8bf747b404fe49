"""Take Coccinelle's answer on the toy tree anew: python tests/take_spatch.py (it needs spatch)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from vfslab.changelog.semantic_patch import EXCLUDED, TOY, toy_tree

PATCH = Path(__file__).with_name("cocci") / "alloc_objs.cocci"


def answer() -> dict[str, object]:
    """The version of spatch, and each file as it leaves it. Raises OSError where there is none."""
    said = subprocess.run(["spatch", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\S+)", said)
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(TOY, folder, dirs_exist_ok=True)
        for name in toy_tree():
            if not name.startswith(EXCLUDED):
                command = ["spatch", "--very-quiet", "-D", "patch", "--no-includes", "--in-place"]
                subprocess.run(
                    [*command, "--sp-file", PATCH, name], cwd=folder, check=True, capture_output=True
                )
            files[name] = (Path(folder) / name).read_text(encoding="utf-8")
    return {"version": version[1] if version else said, "files": files}


if __name__ == "__main__":
    (TOY / "spatch.json").write_text(json.dumps(answer(), indent=1) + "\n", encoding="utf-8")
