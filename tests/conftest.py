"""What all tests have in common, in whatever terminal they are run: one of 80 columns."""

import os

os.environ.update(COLUMNS="80", LINES="24")
