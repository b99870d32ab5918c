"""``python -m bench``, and the ``bench`` script: the command line, or why there is none."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; 70 where it cannot even be loaded, as 1 is a regression."""
    try:
        from bench.cli import main as cli
    except ImportError as error:
        sys.stderr.write(f"bench: not installed completely: {error}; install it again\n")
        return 70
    return cli()


if __name__ == "__main__":
    sys.exit(main())
