"""``python -m vfslab``: the command line; everything it does is in ``vfslab.cli``."""

import sys

from vfslab.cli import main

if __name__ == "__main__":
    sys.exit(main())
