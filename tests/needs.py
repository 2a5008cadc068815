"""What to do when a real part that a test wants is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, how: str) -> NoReturn:
    """Fail where CI is set; elsewhere skip, saying what is missing and how it is had."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and in CI nothing may be: {how}", pytrace=False)
    pytest.skip(f"{what} is missing; {how}")
