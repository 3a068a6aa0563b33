"""What holds for all tests."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Whoever runs the tests in the background may ignore Ctrl-C, and so would every program that the tests start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
