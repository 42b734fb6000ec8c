"""Tells PyInstaller what a program with this package needs and no import names."""

import os


def hook_dirs():
    """Where the hooks are (an entry point of `setup.cfg`)."""
    return [os.path.dirname(__file__)]
