#!/usr/bin/env python
"""Django's command line. Production is the default; `. var/urls.env` makes it work on the copy `bin/run` started."""

import sys

from django.core.management import execute_from_command_line

from wallet_project import env

if __name__ == "__main__":
    env.start()
    execute_from_command_line(sys.argv)
