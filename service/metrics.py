"""What the service counts, added up over its processes.

Where several processes serve, ``PROMETHEUS_MULTIPROC_DIR`` names a private folder before this
module is imported; each process then counts in a file of its own there (see ``service.processes``).
"""

import os
from collections.abc import Mapping

from aiohttp import web
from prometheus_client import REGISTRY as OWN_PROCESS
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

if os.environ.get(MULTIPROCESS):
    # Asking the kernel for our number at every count costs more than counting.  Every process here
    # begins with an import of its own, so the number cannot change under it.
    _OURS = os.getpid()
    values.ValueClass = values.MultiProcessValue(lambda: _OURS)  # type: ignore[no-untyped-call]

REQUESTS = Counter("gatehouse_requests_total", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "gatehouse_request_seconds",
    "From the request's head to its answer.",
    ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
BATCH_SIZE = Histogram(
    "gatehouse_batch_comments",
    "Comments judged and stored together.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
QUEUE_LENGTH = Gauge(
    "gatehouse_queue_comments", "Comments waiting for a batch.", multiprocess_mode="livesum"
)
DATABASE_ERRORS = Counter(
    "gatehouse_database_errors_total", "Times the database did not answer.", ["error"]
)
DELIVERIES = Counter(
    "gatehouse_deliveries_total", "Attempts to tell an endpoint something.", ["kind", "state"]
)
_VERDICTS = Counter("gatehouse_verdicts_total", "Verdicts given.", ["action"])
# Looking a label up costs more than counting, so the three children are kept.
VERDICTS: Mapping[str, Counter] = {
    action: _VERDICTS.labels(action) for action in ("approve", "hold", "reject")
}

routes = web.RouteTableDef()


@routes.get("/metrics")
async def exposition(_request: web.Request) -> web.Response:
    """Every process's counts in one answer, in Prometheus' text format."""
    return web.Response(body=collect(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def collect() -> bytes:
    folder = os.environ.get(MULTIPROCESS)
    if not folder:
        return generate_latest(OWN_PROCESS)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
