from tests.service.outbox.conftest import office, sender, sink, start  # noqa: F401  (fixtures)
