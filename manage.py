#!/usr/bin/env python
"""Cytomark from the command line. `manage.py up` starts everything; the other commands talk to what runs."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    if sys.argv[1:2] == ["up"]:
        # Before there is a database there are no settings: `up` starts the services and then the rest.
        from webapp.embedded.command import main as up

        sys.exit(up(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
