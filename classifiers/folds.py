"""Which rows are left out together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifiers.examples import Labelled, share_of
from classifiers.written import SOURCE as WRITTEN

# Each fold leaves out these sources whole; after them come folds that leave out as many parts of
# the written genres.
SOURCES = (
    ("tubespam", "vk_ru"),
    ("spintax_en", "civil_toxic", "wiki_talk"),
    ("tg_umputun", "germeval2018_de"),
    ("techblog_en", "sms_uci"),
)
_WRITTEN = 4
FOLDS = len(SOURCES) + _WRITTEN


def fold_of(row: Labelled) -> int:
    """The fold that leaves a row out: by source, for written rows by genre, else by group."""
    for number, sources in enumerate(SOURCES):
        if row.source in sources:
            return number
    if row.source == WRITTEN:
        return len(SOURCES) + int(share_of(row.genre, 0) * _WRITTEN)
    return int(share_of(row.group, 0) * len(SOURCES))


def folds_of(rows: Sequence[Labelled]) -> NDArray[np.int64]:
    return np.array([fold_of(row) for row in rows], dtype=np.int64)
