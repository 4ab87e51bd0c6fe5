"""`python -m fsxap`."""

import sys

from fsxap.cli import main

# Processes that read documents import this module again.
if __name__ == "__main__":
    sys.exit(main())
