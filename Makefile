# Gatehouse: everything a person needs to run, test and change it.

VENV    := .venv
BIN     := $(VENV)/bin
SOURCES := service moderation classifiers consent migrations tests benchmarks

# The first fitting interpreter wins; PYTHON=/path/to/python make ... overrules the search.
FITTING := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON  ?= $(shell for candidate in python3.13 python3.12 python3.11 python3 python; do \
	"$$candidate" -c '$(FITTING)' >/dev/null 2>&1 && { command -v "$$candidate"; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help run test check format bench lock train translations vendor-docs vendor-axe vendor-banner lists screenshots python clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/runtime  ## serve on http://127.0.0.1:8080 with an embedded PostgreSQL and the model that ships
	$(BIN)/gatehouse serve

# Files stay whole, for what their tests share; tests/conftest.py puts those that take longest first.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder

test: $(VENV)/development  ## run every test, two files at a time (ARGS="-n 0 tests/service" for some, one at a time)
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

check: $(VENV)/development  ## lint, types and import contracts
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/development  ## let ruff lay out the code
	$(BIN)/ruff check --fix-only $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/development  ## measure speed and accuracy side by side with their baselines
	$(BIN)/python -m benchmarks $(ARGS)

translations: $(VENV)/development  ## look for sentences of pages and build their catalogues
	$(BIN)/python -m service.pages.catalogue

train: $(VENV)/development  ## train the model that ships from DATA (a folder of JSON-lines sets), measured on HELD_OUT if given
	$(BIN)/gatehouse train $(DATA) --jobs 2 --card docs/model-card.md $(if $(HELD_OUT),--held-out $(HELD_OUT))

lock:  ## pin every dependency again (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --upgrade --extra build pyproject.toml \
		-o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate --extra build --extra dev -c requirements.lock pyproject.toml \
		-o requirements-dev.lock

SWAGGER_UI := swagger-ui-dist-5.35.0
SWAGGER_UI_SHA512 := 534eaba4cb56f55dd73c638179a993512af4674f63317e0826e00da44fc465b021c341bc0a0c2bcd4e18997927fe1d3008336c5dd19aad334d1c2dec53cc9551

vendor-docs:  ## fetch the files of the page /docs again (needs npm)
	mkdir -p build && cd build && npm pack --silent $(subst -dist-,-dist@,$(SWAGGER_UI))
	echo "$(SWAGGER_UI_SHA512)  build/$(SWAGGER_UI).tgz" | sha512sum --check --quiet
	tar -xzf build/$(SWAGGER_UI).tgz -C moderation/api/docs --strip-components=1 \
		$(addprefix package/,swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt \
		swagger-ui.css favicon-32x32.png LICENSE NOTICE)

AXE := axe-core-4.10.3
AXE_SHA512 := 5e6edba515e70d25f6604d9815f064d859c5d1ea7ab661bbc4f87c88779ef0c21cae0abbeb636471ef39e9d62d2582e4b88a1866f19f4ecfcf6d986275e4dc12

vendor-axe:  ## fetch the tests' checker of pages again (needs npm)
	mkdir -p build && cd build && npm pack --silent $(subst -core-,-core@,$(AXE))
	echo "$(AXE_SHA512)  build/$(AXE).tgz" | sha512sum --check --quiet
	tar -xzf build/$(AXE).tgz -C tests/browser/axe --strip-components=1 \
		$(addprefix package/,axe.min.js LICENSE LICENSE-3RD-PARTY.txt)

BANNER := vanilla-cookieconsent-3.1.0
BANNER_SHA512 := fcc70d46d9bfdc85f36fd761a8c21c6eaba8538e52cdb376541f93a388f110fa8c9a9eee56788fe818462e353c302ed9083b0d4153a9dbb7e141333faee21700

vendor-banner:  ## fetch the library of the consent banner again (needs npm)
	mkdir -p build && cd build && npm pack --silent $(subst consent-,consent@,$(BANNER))
	echo "$(BANNER_SHA512)  build/$(BANNER).tgz" | sha512sum --check --quiet
	tar -xzf build/$(BANNER).tgz -C consent/banner/vendored --strip-components=2 \
		$(addprefix package/dist/,cookieconsent.umd.js cookieconsent.css)
	tar -xzf build/$(BANNER).tgz -C consent/banner/vendored --strip-components=1 package/LICENSE

screenshots: $(VENV)/development  ## picture every page, light and dark, wide and narrow (needs chromium)
	$(BIN)/python -m tests.browser.screenshots

HOSTS := classifiers/lists/hosts

lists:  ## take over the lists of hosts anew from LISTS (a folder, see classifiers/lists/VENDORED.md)
	@test -d "$(LISTS)" || { echo "Say where they are: make lists LISTS=folder"; exit 2; }
	install -m 0644 "$(LISTS)/splorp_shorteners.txt" $(HOSTS)/shorteners.txt
	install -m 0644 "$(LISTS)/splorp_LICENSE.txt" $(HOSTS)/shorteners.LICENSE
	install -m 0644 "$(LISTS)/disposable_email_blocklist.conf" $(HOSTS)/disposable_mail.txt
	install -m 0644 "$(LISTS)/matomo_referrer_spammers.txt" $(HOSTS)/referrer_spam.txt
	cd $(HOSTS) && sha256sum shorteners.txt shorteners.LICENSE disposable_mail.txt referrer_spam.txt >SHA256SUMS
	sed -i "s/^Taken over on .*/Taken over on $$(date -I)./" classifiers/lists/VENDORED.md
	@echo "The model that ships counts on its lists: make train DATA=folder, unless nothing changed."

clean:  ## remove the virtual environment and caches (never the data folder)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache build *.egg-info

python:
	@test -n "$(PYTHON)" || { \
		echo "Gatehouse needs Python 3.11, 3.12 or 3.13, and none is on the PATH."; \
		echo "Install one, or name it: make run PYTHON=/path/to/python3.12"; exit 1; }
	@"$(PYTHON)" -c '$(FITTING)' || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13."; exit 1; }

$(VENV)/bin/python: | python
	"$(PYTHON)" -m venv $(VENV)

# setuptools is pinned like the rest, so that installing our own package fetches nothing.
$(VENV)/runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development: requirements-dev.lock $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@
