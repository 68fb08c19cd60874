"""``python -m symcli``: the same as the command ``symcli``."""

import sys

from symcli.cli import main

if __name__ == "__main__":
    sys.exit(main())
