"""How well the model judges sources that it never saw, beside TF-IDF and logistic regression.

The same as ``gatehouse evaluate FOLDER``; the folder of labelled sets is named by
``GATEHOUSE_TEST_SHARED`` (its ``data/train``), and without it only our own texts are used.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.report import options

BESIDE = Path(__file__).parents[2] / "shared"


def main(argv: Sequence[str]) -> int:
    chosen = options("accuracy", argv, requests=0, quick_requests=0)
    sets = Path(os.environ.get("GATEHOUSE_TEST_SHARED", BESIDE)) / "data" / "train"
    command = [sys.executable, "-m", "service", "evaluate", "--jobs", "2"]
    if sets.is_dir():
        command.append(str(sets))
    if chosen.json:
        command.append("--json")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    print(done.stdout.decode())
    if chosen.json:
        with chosen.json.open("ab") as file:
            file.write(done.stdout)
    return done.returncode
