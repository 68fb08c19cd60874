"""What all tests have in common, wherever they are run: a terminal of 80 columns, and Ctrl-C that reaches processes."""

import os
import signal

os.environ.update(COLUMNS="80", LINES="24")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a script behind "&"; processes inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
