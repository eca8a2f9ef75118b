"""``python -m cotrain`` is the command ``cotrain``."""

import sys

from cotrain.app import main

if __name__ == "__main__":
    sys.exit(main())
