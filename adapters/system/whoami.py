"""Who sits at this computer: the name of the operating system's user."""

from __future__ import annotations

import getpass
import os


def user_name() -> str:
    """The name of the user whose rights this process has, not what a variable claims; his number when he has none."""
    try:
        import pwd
    except ImportError:  # Windows
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
