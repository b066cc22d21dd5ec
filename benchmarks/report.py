"""Figures: what was measured in every round, summed up and printed the same way everywhere."""

import argparse
import json
import math
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROUNDS = 5  # fewer say nothing about the spread


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the median."""

    at_most: float = math.inf
    at_least: float = -math.inf

    def is_met(self, median: float) -> bool:
        return self.at_least <= median <= self.at_most

    def __str__(self) -> str:
        return f"<= {self.at_most:g}" if self.at_most < math.inf else f">= {self.at_least:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured once in each round."""

    name: str
    unit: str
    values: tuple[float, ...]
    goal: Goal | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def line(self) -> str:
        spread = f"{_short(min(self.values))}..{_short(max(self.values))}"
        text = f"{self.name:<52} {_short(self.median):>9} {self.unit:<10} {spread:<20}"
        if self.goal:
            text += f" goal {self.goal}: {'met' if self.goal.is_met(self.median) else 'MISSED'}"
        return text.rstrip()

    def record(self) -> dict[str, object]:
        goal = str(self.goal) if self.goal else None
        met = self.goal.is_met(self.median) if self.goal else None
        return {
            "name": self.name,
            "unit": self.unit,
            "rounds": len(self.values),
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
            "goal": goal,
            "met": met,
        }


@dataclass(slots=True)
class Report:
    """What one benchmark found: printed as text, and added to a file of JSON lines if asked."""

    benchmark: str
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def note(self, text: str) -> None:
        """A sentence without which the figures would mislead."""
        self.notes.append(text)

    def add(
        self, name: str, unit: str, values: Sequence[float], goal: Goal | None = None
    ) -> Figure:
        figure = Figure(name, unit, tuple(values), goal)
        self.figures.append(figure)
        return figure

    def ratio(
        self, name: str, above: Sequence[float], below: Sequence[float], goal: Goal | None = None
    ) -> Figure:
        """``above / below``, round by round: what disturbs a round disturbs both."""
        return self.add(name, "times", [a / b for a, b in zip(above, below, strict=True)], goal)

    def print(self) -> None:
        print(f"\n== {self.benchmark} ==")
        for note in (machine(), *self.notes):
            print(f"   {note}")
        rounds = max((len(figure.values) for figure in self.figures), default=0)
        print(f"{f'median and min..max of {rounds} rounds':<52}")
        for figure in self.figures:
            print(figure.line())
        sys.stdout.flush()

    def save(self, file: Path | None) -> None:
        """Add one line of JSON to ``file``, so that several benchmarks can share it."""
        if file is None:
            return
        record = {
            "benchmark": self.benchmark,
            "machine": machine(),
            "notes": self.notes,
            "figures": [figure.record() for figure in self.figures],
        }
        with file.open("a", encoding="utf-8") as output:
            output.write(json.dumps(record, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Options:
    """``requests`` are those of one round to one server, repeats included."""

    rounds: int
    requests: int
    quick: bool
    json: Path | None


def options(benchmark: str, argv: Sequence[str], *, requests: int, quick_requests: int) -> Options:
    """What every benchmark takes from its command line."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {benchmark}")
    parser.add_argument("--quick", action="store_true", help="one short round: does it run at all?")
    parser.add_argument("--rounds", type=int, help=f"default {ROUNDS}")
    parser.add_argument("--requests", type=int, help=f"of one round; default {requests}")
    parser.add_argument("--json", type=Path, help="add a line of JSON to this file")
    given = parser.parse_args(argv)
    return Options(
        given.rounds or (1 if given.quick else ROUNDS),
        given.requests or (quick_requests if given.quick else requests),
        given.quick,
        given.json,
    )


def machine() -> str:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{usable} cores for client, service and PostgreSQL together; {_processor()};"
        f" Python {platform.python_version()}, {platform.system()} {platform.release()}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _short(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"
