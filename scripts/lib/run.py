"""Entry of scripts/run; it runs under the virtual environment's Python."""

import sys

from hostel_stack.cli import main

sys.exit(main(sys.argv[1:]))
