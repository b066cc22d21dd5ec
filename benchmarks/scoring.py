"""Time to score comments, beside scikit-learn's own hashing vectoriser and logistic regression.

Ours does more: features, terms for the findings and three fingerprints for each comment.
"""

from collections.abc import Callable, Sequence
from time import perf_counter

from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import LogisticRegression

from benchmarks import comments
from benchmarks.report import Goal, Report, options
from classifiers.examples import Example
from classifiers.scorer import load_default

BATCH = 32
TEXT_CHARACTERS = 300
FASTER = Goal(at_least=15.0)


def main(argv: Sequence[str]) -> int:
    chosen = options("scoring", argv, requests=3200, quick_requests=64)
    report = Report(f"scoring: comments of {TEXT_CHARACTERS} characters")
    naive, ours = _naive(), load_default().score
    timed: dict[str, list[float]] = {"naive": [], "ours": [], "one by one": []}
    for number in range(chosen.rounds):
        texts = [_cut(text) for text in comments.texts(number, chosen.requests)]
        examples = [_example(text, n) for n, text in enumerate(texts)]
        timed["naive"].append(_microseconds(naive, texts, BATCH))
        timed["ours"].append(_microseconds(ours, examples, BATCH))
        timed["one by one"].append(_microseconds(ours, examples, 1))
    report.add(f"naive, batches of {BATCH}", "us", timed["naive"])
    report.add(f"ours with everything, batches of {BATCH}", "us", timed["ours"])
    report.add("ours with everything, one at a time", "us", timed["one by one"])
    report.ratio("time: naive / ours", timed["naive"], timed["ours"], FASTER)
    report.print()
    report.save(chosen.json)
    return 0


def _naive() -> Callable[[Sequence[str]], object]:
    vectoriser = HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5))
    texts, is_spam = comments.training_set()
    regression = LogisticRegression(max_iter=300).fit(vectoriser.transform(texts), is_spam)
    return lambda batch: regression.decision_function(vectoriser.transform(batch))


def _cut(text: str) -> str:
    """Every text as long as the others, so that rounds compare."""
    repeats = TEXT_CHARACTERS // (len(text) + 1) + 1
    return ((text + " ") * repeats)[:TEXT_CHARACTERS]


def _example(text: str, number: int) -> Example:
    return Example(
        text=text,
        author=f"Erika Muster {number}",
        url="https://erika.example/about",
        mail_domain="gmx.de",
        permalink="https://blog.example/2026/05/der-radweg-an-der-fulda",
        title="Der Radweg an der Fulda",
        language="de",
        kind="comment",
    )


def _microseconds(
    score: Callable[[Sequence[object]], object], items: Sequence[object], batch: int
) -> float:
    """For each item, in batches."""
    began = perf_counter()
    for first in range(0, len(items), batch):
        score(items[first : first + batch])
    return (perf_counter() - began) * 1e6 / len(items)
