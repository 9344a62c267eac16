"""``python -m magbayes``: the console command `magbayes`."""

import sys

from magbayes.workflow.command import main

if __name__ == "__main__":
    sys.exit(main())
