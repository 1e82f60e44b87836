"""`python -m crm`."""

import sys

from crm.cli import main

if __name__ == "__main__":
    sys.exit(main())
