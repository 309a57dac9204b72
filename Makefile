# Everything here needs Linux, Python 3.11 or newer with venv, make, and the package index.

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
# Two processes are enough for two cores, and each has a PostgreSQL of its own. Each begins with a
# half of the tests in their order, so that what a module shares is mostly made once.
WORKERS ?= 2
FAULTS_SECONDS ?= 900
# The tests make and remove 100,000 small files and a thousand databases. On a disk that is half of
# their time, so they lie in memory where it has room; test-faults stays on the disk.
IN_MEMORY = $(if $(TMPDIR),,$(shell $(PYTHON) -c 'import os; at = os.statvfs("/dev/shm"); \
	print("TMPDIR=/dev/shm" * (at.f_bavail * at.f_frsize > 4 << 30 and not at.f_flag & os.ST_NOEXEC))' \
	2>/dev/null))
# Server programs beside those of the wheel; the oldest release that is supported.
PG_BIN ?= /usr/lib/postgresql/15/bin

.PHONY: help demo demo-s3 stack test test-postgres test-faults check format docs examples screenshots bench bench-store bench-archive bench-claims bench-desk bench-http lock audit clean

help:
	@echo "make demo         the main job on real input, as a printed story"
	@echo "make demo-s3      the same with the archive in a bucket with Object Lock, on a real S3 server"
	@echo "make stack        what docker-compose.yml starts, as plain processes, used over HTTP"
	@echo "make test         the test suite"
	@echo "make test-postgres  what touches the database, on the server programs in PG_BIN ($(PG_BIN))"
	@echo "make test-faults  the long fault tests, within FAULTS_SECONDS ($(FAULTS_SECONDS))"
	@echo "make check        format, lint, types, import rules"
	@echo "make docs         the reference pages and the viewer's rules that are written from the code"
	@echo "make examples     the examples of the HTTP API, recorded from a service that runs"
	@echo "make screenshots  the pictures of the pages in docs/screens"
	@echo "make bench        the main job's benchmark; results go to benchmarks/results.json"
	@echo "make bench-store  the event store beside others, in an environment of its own; ARGS=--help"
	@echo "make bench-archive  the archive beside what the machine could do at most; ARGS=--help"
	@echo "make bench-claims  claims, evidence packs and linked messages in a store of a million orders; ARGS=--help"
	@echo "make bench-desk   the order desk's lists, clocks and export beside a million orders; ARGS=--help"
	@echo "make bench-http   events in, lists, pages and exports over HTTP; ARGS=--help"
	@echo "make lock         pin the dependencies again (needs uv)"
	@echo "make audit        known weaknesses of the pinned dependencies (asks the index's advisories)"

demo: .venv/installed
	@.venv/bin/python -m orderproof demo

demo-s3: .venv/installed
	@.venv/bin/python -m orderproof demo --bucket

stack: .venv/installed
	@$(VENV_PYTHON) -m tests.stack

test: .venv/installed
	$(IN_MEMORY) $(VENV_PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m "not faults"

test-postgres: .venv/installed
	$(IN_MEMORY) ORDERPROOF_TEST_PG_BIN=$(PG_BIN) $(VENV_PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m "not faults" \
		tests/eventstore tests/projections tests/orderproof/test_main_job.py tests/orderproof/test_projections.py

test-faults: .venv/installed
	ORDERPROOF_FAULTS_SECONDS=$(FAULTS_SECONDS) $(VENV_PYTHON) -m pytest -m faults -s

check: .venv/installed
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m mypy
	.venv/bin/lint-imports

format: .venv/installed
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m ruff check --fix .

docs: .venv/installed
	$(VENV_PYTHON) -m orderproof.event_reference
	$(VENV_PYTHON) -m orderproof.viewer_rules
	$(VENV_PYTHON) -m orderproof.law_reference
	$(VENV_PYTHON) -m orderproof.claim_reference
	$(VENV_PYTHON) -m orderproof.http_reference
	$(VENV_PYTHON) examples/client/generate.py
	$(VENV_PYTHON) -m ruff format --quiet examples/client/client.py

# Ids, times, hashes and signatures are those of the run; then make docs.
examples: .venv/installed
	ORDERPROOF_EXAMPLES=1 $(VENV_PYTHON) -m pytest -q tests/orderproof/test_examples.py -k answers_as

screenshots: .venv/installed
	@mkdir -p docs/screens
	ORDERPROOF_SCREENSHOTS=$(CURDIR)/docs/screens $(VENV_PYTHON) -m pytest -q tests/orderproof/test_pages.py -k pictured

bench: .venv/installed
	$(VENV_PYTHON) -m benchmarks

bench-store: .venv-bench/installed
	@.venv-bench/bin/python -m benchmarks.store $(ARGS)

bench-archive: .venv/installed
	@$(VENV_PYTHON) -m benchmarks.archive $(ARGS)

bench-claims: .venv/installed
	@$(VENV_PYTHON) -m benchmarks.claims $(ARGS)

bench-desk: .venv/installed
	@$(VENV_PYTHON) -m benchmarks.desk $(ARGS)

bench-http: .venv/installed
	@$(VENV_PYTHON) -m benchmarks.http $(ARGS)

lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 \
		--no-annotate --no-header --output-file requirements.lock
	uv pip compile pyproject.toml --group bench --constraint requirements.lock --generate-hashes --universal \
		--python-version 3.11 --no-annotate --no-header --output-file requirements-bench.lock

# In an environment of its own. What could not be looked up counts as a failure, not as clean.
audit: requirements.lock
	@test -x .venv-audit/bin/pip-audit || { $(PYTHON) -m venv .venv-audit && \
		.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	.venv-audit/bin/pip-audit --strict --require-hashes --no-deps --disable-pip --requirement requirements.lock

.venv/installed: requirements.lock pyproject.toml
	$(call install,.venv,requirements.lock)

# Peers of the benchmark bring a second PostgreSQL driver, which must not be where the tests run.
.venv-bench/installed: requirements-bench.lock pyproject.toml
	$(call install,.venv-bench,requirements-bench.lock)

# The stamp comes last, so an interrupted installation is taken up again.
define install
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, say make PYTHON=…" if sys.version_info < (3, 11) else 0)'
	@echo "Installing the locked dependencies into $(1) (once) …"
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(2)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(1)/installed
endef

clean:
	rm -rf .venv .venv-bench .venv-audit orderproof-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
