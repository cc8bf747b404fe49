"""``vfslab fixes``: the entries of the changelog, for people or as JSON. See ``changelog``."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vfslab.changelog import Entry


def add_parser(commands: Any) -> None:
    """Add the command to argparse's ``commands``."""
    fixes = commands.add_parser("fixes", help="list the changelog: each change, its module and notebook")
    fixes.add_argument("--json", action="store_true", help="print one JSON array")
    fixes.set_defaults(run=_fixes)


def _fixes(args: argparse.Namespace) -> int:
    from vfslab.changelog import entries

    rows = [as_data(entry) for entry in entries()]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{row['commit'] or '-':12}  {row['area']:5}  {row['title']}")
        if row["module"]:
            told = ", ".join((*row["evidence"], *row["reproducers"])) or row["no_evidence"]
            print(f"{'':12}  {'':5}  {row['author']}, {row['date']}; in {', '.join(row['releases'])}")
            print(f"{'':12}  {'':5}  {row['module']}; {row['notebook']}, {row['section']}; evidence: {told}")
    return 0


def as_data(entry: Entry) -> dict[str, Any]:
    """An entry as JSON has it; what a change without a module would have is null or empty."""
    from vfslab.changelog import modules

    fix = entry.fix
    return {
        "commit": entry.commit,
        "title": entry.title,
        "area": entry.area,
        "pull": entry.pull,
        "date": fix and fix.date,
        "author": fix and fix.author,
        "since": fix and fix.since,
        "releases": list(fix.releases) if fix else [],
        "module": fix and modules()[fix.commit],
        "notebook": fix and fix.notebook,
        "section": fix and fix.section,
        "evidence": list(fix.evidence) if fix else [],
        "reproducers": list(fix.reproducers) if fix else [],
        "no_evidence": fix.no_evidence if fix else "",
    }
