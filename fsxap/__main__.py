"""`python -m fsxap`."""

import sys

from fsxap.cli import main

sys.exit(main())
