# 聚点 Judian. Needs only make and Python ≥ 3.11; everything else is set up here, once.
#
#   make run     a running system with a demo merchant: web + worker + beat (ctrl-C ends it)
#   make test    set-up, checks, every test on SQLite and on PostgreSQL, the year of real receipts
#   make check   format, lint, types, architecture, migrations, translations, deployment
#   make bench   the ledger beside a hand-written SQL floor
#   make faults  tests that kill processes while they work
#
# One database, some tests:  make test-sqlite ARGS="tests/points -k expiry"

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; \
	done)
BIN := .venv/bin
UV := var/uv/bin/uv
ARGS ?=
WORKERS ?= 2

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS ?= 1
export PYTHONUNBUFFERED := 1

.PHONY: help
help:
	@sed -n 's/^# \{0,1\}//;1,9p' Makefile

# --- set-up -----------------------------------------------------------------------------------

# uv comes from PyPI into a place of its own: inside .venv it would uninstall itself.
$(UV):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (set PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	    { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || { \
	        echo "this Python has no venv: install python3-venv" >&2; exit 1; }; \
	    DEBIAN_FRONTEND=noninteractive apt-get update -q; \
	    DEBIAN_FRONTEND=noninteractive apt-get install -q -y python3-venv; }
	@mkdir -p var
	$(PYTHON) -m venv --clear var/uv
	var/uv/bin/pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@touch $@

.venv/pyvenv.cfg: | $(UV)
	$(PYTHON) -m venv --without-pip .venv

# --inexact: what the tests need is left alone when only the product is asked for, and back.
var/.installed: pyproject.toml uv.lock $(UV) | .venv/pyvenv.cfg
	$(UV) sync --quiet --frozen --inexact --no-default-groups
	@touch $@

var/.installed-dev: pyproject.toml uv.lock $(UV) | .venv/pyvenv.cfg
	$(UV) sync --quiet --frozen --all-groups
	@touch $@ var/.installed

var/.servers: var/.installed-dev tests/servers.py tests/chromium.py
	$(BIN)/python -m tests.servers find
	$(BIN)/python -m tests.chromium
	@touch $@

.PHONY: install
install: var/.installed

.PHONY: setup
setup: var/.servers

# --- run --------------------------------------------------------------------------------------

.PHONY: run
run: var/.installed
	@exec $(BIN)/python manage.py run_demo

# --- checks and tests -------------------------------------------------------------------------

.PHONY: check
check: var/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py translations --check
	DEBUG=false HTTPS=true ALLOWED_HOSTS=judian.example \
	    SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') \
	    DATABASE_URL=postgres://judian@localhost/judian REDIS_URL=redis://localhost/0 \
	    $(BIN)/python manage.py check --deploy --fail-level WARNING

PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: test
test: setup check test-sqlite test-postgresql test-long

.PHONY: test-sqlite
test-sqlite: setup
	$(BIN)/python -m tests.servers sqlite -- $(PYTEST) $(ARGS)

.PHONY: test-postgresql
test-postgresql: setup
	$(BIN)/python -m tests.servers postgresql -- $(PYTEST) $(ARGS)

.PHONY: test-long
test-long: setup
	$(BIN)/python -m tests.servers sqlite -- $(BIN)/python -m pytest -m long $(ARGS)
	$(BIN)/python -m tests.servers postgresql -- $(BIN)/python -m pytest -m long $(ARGS)

# Bursts against limits, two hundred times each: some minutes, so not part of `make test`.
.PHONY: rounds
rounds: setup
	$(BIN)/python -m tests.servers postgresql -- $(BIN)/python -m pytest -m rounds $(ARGS)

.PHONY: faults
faults: setup
	$(BIN)/python -m tests.servers sqlite -- $(BIN)/python -m pytest -m faults $(ARGS)
	$(BIN)/python -m tests.servers postgresql -- $(BIN)/python -m pytest -m faults $(ARGS)

.PHONY: bench
bench: setup
	JUDIAN_DURABLE=1 $(BIN)/python -m tests.servers postgresql -- $(BIN)/python -m benchmarks $(ARGS)

# --- the rest ---------------------------------------------------------------------------------

.PHONY: format
format: var/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: translations
translations: var/.installed-dev
	$(BIN)/python manage.py translations --update

.PHONY: clean
clean:
	rm -rf .venv var/uv var/.installed var/.installed-dev var/.servers staticfiles \
	    .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
