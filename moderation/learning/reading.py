"""Labelled comments, streamed from the database into what a correction is fitted to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from classifiers.corrections import Correction
from classifiers.examples import Example, Labelled
from classifiers.pipeline import Matrix, Model, vectorise
from moderation.learning import store
from moderation.learning.adjustment import ALIKE_MOST, Selection
from moderation.learning.poisoning import Label
from service.db import Connection

READ_AT_ONCE = 200  # texts in memory together


@dataclass(frozen=True, slots=True)
class Material:
    """Labels from the oldest to the newest, and a row of the matrix for the comment of each."""

    labels: list[Label]
    matrix: Matrix | None  # None where there are no labels

    def log_odds(self, model: Model, own: Correction | None) -> NDArray[np.float64]:
        """Of the model that ships and the site's own correction to it."""
        if self.matrix is None:
            return np.empty(0)
        shipped = model.decide(self.matrix)
        return shipped + own.decide(self.matrix, model.centres) if own else shipped


async def read(conn: Connection, site_id: int, most: int) -> Material:
    """The ``most`` newest labels that are worth it.  Within a transaction."""
    labels = await _selected(conn, site_id, most)
    spam = [label.comment_id for label in labels if label.is_spam]
    copied = await store.copies(conn, site_id, spam) if spam else set()
    marked = [replace(label, copied=label.comment_id in copied) for label in labels]
    return await _vectorised(conn, site_id, marked)


async def _selected(conn: Connection, site_id: int, most: int) -> list[Label]:
    """From the oldest to the newest; a flood hides none of the labels before it."""
    selection = Selection(most)
    if await _fill(selection, store.newest_labels(conn, site_id)):
        return selection.labels()
    if await store.has_more_labels(conn, site_id):
        selection = Selection(most)
        await _fill(selection, store.different_labels(conn, site_id, ALIKE_MOST, most))
    return selection.labels()


async def _fill(selection: Selection, labels: AsyncIterator[Label]) -> bool:
    """Whether it got full."""
    async for label in labels:
        if not selection.add(label):
            return True
    return False


async def _vectorised(conn: Connection, site_id: int, labels: Sequence[Label]) -> Material:
    kept, parts = [], []
    for first in range(0, len(labels), READ_AT_ONCE):
        chunk = labels[first : first + READ_AT_ONCE]
        texts = await store.examples(conn, site_id, [label.comment_id for label in chunk])
        chunk = [label for label in chunk if label.comment_id in texts]
        if chunk:
            kept += chunk
            examples = [texts[label.comment_id] for label in chunk]
            parts.append(await asyncio.to_thread(_matrix, examples))
    return Material(kept, _joined(parts) if parts else None)


def _matrix(examples: Sequence[Example]) -> Matrix:
    rows = [Labelled(example=each, is_spam=False, source="", group="") for each in examples]
    return vectorise(rows)


def _joined(parts: Sequence[Matrix]) -> Matrix:
    return Matrix(
        vstack([part.ngrams for part in parts]).tocsr(),
        np.vstack([part.values for part in parts]),
        np.vstack([part.known for part in parts]),
    )
