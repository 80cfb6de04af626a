"""What several stages are tested for alike: the same output in any process."""

from __future__ import annotations

import os
import subprocess
import sys


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
