"""``python -m bench``: the same program as the ``bench`` script."""

import sys

from bench.cli import main

if __name__ == "__main__":
    sys.exit(main())
