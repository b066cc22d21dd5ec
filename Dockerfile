# Gatehouse in an image: everything is installed and compiled here, and only read afterwards.
# docs/containers.md says how it is run, and what of it was tried without a container engine.

FROM docker.io/library/python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1

RUN python -m venv /opt/gatehouse
WORKDIR /source

# Wheels alone, each of a digest that stands in the lock file: nothing is built from foreign source.
COPY requirements.lock ./
RUN /opt/gatehouse/bin/pip install --require-hashes --only-binary=:all: -r requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY classifiers classifiers
COPY consent consent
COPY migrations migrations
COPY moderation moderation
COPY service service
RUN /opt/gatehouse/bin/pip install --no-index --no-deps --no-build-isolation .

# Judging a comment imports the scorer, which compiles it into the folder beside its source.
# A generic processor, or the code would be compiled again on every machine that differs from this.
ENV NUMBA_CACHE_LOCATOR_CLASSES=classifiers.prefilled.PrefilledCacheLocator \
    NUMBA_CPU_NAME=generic \
    PYTHONSAFEPATH=1
RUN printf '{"text": "A first comment."}\n' >/tmp/comment \
    && /opt/gatehouse/bin/gatehouse score </tmp/comment \
    && /opt/gatehouse/bin/python -m compileall -q /opt/gatehouse/lib


FROM docker.io/library/python:3.12-slim-bookworm

LABEL org.opencontainers.image.title="Gatehouse" \
      org.opencontainers.image.description="Self-hosted comment moderation for blogs" \
      org.opencontainers.image.licenses="Apache-2.0"

# With a name, because the embedded PostgreSQL needs one; it is used where no database is named.
RUN groupadd --system --gid 10001 gatehouse \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin gatehouse \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data

COPY --from=build /opt/gatehouse /opt/gatehouse

ENV PATH=/opt/gatehouse/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONSAFEPATH=1 \
    NUMBA_CACHE_LOCATOR_CLASSES=classifiers.prefilled.PrefilledCacheLocator \
    NUMBA_CPU_NAME=generic \
    GATEHOUSE_DATA_DIR=/data \
    GATEHOUSE_HOST=0.0.0.0

WORKDIR /opt/gatehouse
USER 10001:10001
VOLUME /data
EXPOSE 8080

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]

ENTRYPOINT ["gatehouse"]
CMD ["serve"]
