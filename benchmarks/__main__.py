"""``python -m benchmarks [NAME...] [OPTIONS]``: run some benchmarks, or all of them.

To add one, write a module with ``main(argv) -> int`` and name it here.
"""

import importlib
import signal
import sys
from collections.abc import Sequence

BENCHMARKS = {
    "throughput": "CPU for a durable verdict and verdicts a second, beside two baselines",
    "latency": "p99 at 64 clients, beside large bodies, and of one client alone",
    "growth": "throughput with a million comments stored against an empty database",
    "batch_api": "CPU for a comment in a batch beside single posts, memory of a long batch",
    "imports": "a first import beside the batch endpoint: speed and memory",
    "webhook": "CPU for a verdict by webhook beside the Akismet protocol",
    "deliveries": "deliveries to an endpoint, beside a bare client that posts signed bodies",
    "review": "the queue of moderators with a million comments against ten thousand",
    "settings": "previews of thresholds and lists of deliveries with a million of each",
    "consent_export": "a million entries of consent: exports beside COPY, verification",
    "consent_append": "appends to a consent log beside plain batched inserts",
    "scoring": "time to score a batch, beside the naive pipeline",
    "learning": "what 50 labels of a blog bring a model that never saw it",
    "peers": "AUC on sources left out beside bogofilter, SpamAssassin and fastText",
    "accuracy": "how well the model judges what it never saw",
}

USAGE = 2


def main(argv: Sequence[str]) -> int:
    names, rest = _split(argv)
    if "-h" in rest or "--help" in rest:
        _help()
        return 0
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"There is no benchmark {unknown[0]}.", file=sys.stderr)
        _help()
        return USAGE
    codes = [_run(name, rest) for name in names or BENCHMARKS]
    return max(codes)


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names come first; everything from the first option on goes to each benchmark."""
    for place, word in enumerate(argv):
        if word.startswith("-"):
            return [*argv[:place]], [*argv[place:]]
    return [*argv], []


def _run(name: str, argv: Sequence[str]) -> int:
    # Imported when its turn comes: one may need what another does not.
    module = importlib.import_module(f"benchmarks.{name}")
    code: int = module.main(argv)
    return code


def _help() -> None:
    print("usage: python -m benchmarks [NAME...] [--quick] [--rounds N] [--json FILE]\n")
    for name, meaning in BENCHMARKS.items():
        print(f"  {name:<15} {meaning}")


if __name__ == "__main__":
    # Told to end, they end what they started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]))
