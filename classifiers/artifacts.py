"""Models on disk: a joblib file of plain arrays, and a manifest that says what it is.

joblib runs code while it loads, so a file is opened only after its SHA-256 matches the manifest,
and the manifest must come from where the code comes from.
"""

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from classifiers import features, ngrams
from classifiers.pipeline import Model

MODELS = Path(__file__).parent / "models"
FORMAT = 2  # of the arrays and the manifest
MODEL_FILE, MANIFEST_FILE = "default.joblib", "default.json"

Manifest = dict[str, Any]


class UnfitModel(Exception):
    """The model cannot be used."""


def pack(model: Model) -> bytes:
    """The joblib file; the same bytes for the same model."""
    arrays = {
        "intercept": np.float64(model.intercept),
        "weights": _plain(model.weights, np.float16),
        "coefficients": _plain(model.coefficients, np.float64),
        "centres": _plain(model.centres, np.float64),
        "scales": _plain(model.scales, np.float64),
    }
    target = io.BytesIO()
    joblib.dump(arrays, target, compress=("zlib", 9), protocol=4)
    return target.getvalue()


def _plain(array: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    """The same numbers in a new array: one that came from another process is pickled otherwise."""
    return np.frombuffer(array.astype(kind).tobytes(), kind)


def describe() -> Manifest:
    """What a model must have been trained with to fit this code."""
    return {
        "format": FORMAT,
        "ngrams": ngrams.PARAMETERS,
        "features": [
            {
                "name": feature.name,
                "unit": feature.unit,
                "needs": feature.needs,
                "tells": feature.tells.value,
            }
            for feature in features.FEATURES
        ],
    }


def save(model: Model, manifest: Manifest, folder: Path = MODELS) -> Manifest:
    """Write model and manifest; nothing half-written is ever found under their names.

    If the second file cannot be written, the digests differ and loading says so.
    """
    packed = pack(model)
    digest = hashlib.sha256(packed).hexdigest()
    manifest = {"version": digest[:12], "sha256": digest} | describe() | manifest
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / MODEL_FILE, packed)
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    _replace(folder / MANIFEST_FILE, f"{text}\n".encode())
    return manifest


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_suffix(f"{path.suffix}.{os.getpid()}.new")
    beside.write_bytes(content)
    beside.replace(path)


def load(folder: Path = MODELS) -> tuple[Model, Manifest]:
    """Raises UnfitModel, in one sentence, if digest, format, n-grams or features do not match."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_bytes())
        packed = (folder / MODEL_FILE).read_bytes()
    except (OSError, ValueError) as error:
        raise UnfitModel(f"the model in {folder} cannot be read: {error}") from error
    return unpack(packed, manifest), manifest


def unpack(packed: bytes, manifest: Manifest) -> Model:
    """``manifest`` must be trusted: whatever has its digest is executed."""
    if hashlib.sha256(packed).hexdigest() != manifest.get("sha256"):
        raise UnfitModel("the model file is not the one its manifest names: the digests differ")
    for part, expected in describe().items():
        if manifest.get(part) != expected:
            raise UnfitModel(f"the model was trained with other {part}: train it again")
    arrays = joblib.load(io.BytesIO(packed))
    return Model(
        intercept=float(arrays["intercept"]),
        weights=arrays["weights"].astype(np.float32),
        coefficients=arrays["coefficients"],
        centres=arrays["centres"],
        scales=arrays["scales"],
    )
