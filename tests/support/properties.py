"""What several stages are tested for alike: properties of any input, and the same output in any process.

Hypothesis makes up the inputs: the same in each run (`FIXED`), or others each time (`RANDOM`: make fuzz).
"""

from __future__ import annotations

import os
import subprocess
import sys

from hypothesis import HealthCheck, settings

FIXED, RANDOM = "fixed", "random"
_MORE = 20  # times as many inputs as in the tests
# How long a machine takes says nothing of the program, and servers and graphs are there to be shared.
_FREE = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)


def register_profiles() -> None:
    """Make both ways known to Hypothesis, and take the fixed one."""
    usual = settings(deadline=None, database=None, print_blob=True, suppress_health_check=_FREE)
    settings.register_profile(FIXED, usual, derandomize=True)
    settings.register_profile(RANDOM, usual, derandomize=False, max_examples=100 * _MORE)
    settings.load_profile(FIXED)


def examples(count: int) -> settings:
    """So many inputs, and many more where they are random."""
    random = settings.get_current_profile_name() == RANDOM
    return settings(max_examples=count * (_MORE if random else 1))


def outputs_under_hash_seeds(program: str) -> set[bytes]:
    """What a program prints under three hash seeds; one output where the seed makes no difference."""
    return {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
