# Every target sets up what it needs by itself and says what it installs before it installs it.

export PATH := $(PATH):/usr/sbin:/sbin

RUNTIME ?= auto
SEED ?=
ARGS ?=
DROPLAB_REQUIRE ?=

ifeq ($(filter auto netns docker,$(RUNTIME)),)
$(error RUNTIME is auto, netns or docker (got $(RUNTIME)))
endif

# Namespaces, veths and firewalls need root; files that root writes here would be in the way later.
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=CI,DROPLAB_REQUIRE env PYTHONDONTWRITEBYTECODE=1)
export DROPLAB_REQUIRE

.PHONY: help setup test check bench trust docs image clean ready-auto ready-netns ready-docker FORCE

help: ## show this list
	@echo 'droplab: break a small network on purpose, prove it, repair it, prove that too'
	@echo
	@sed -n 's/^\([a-z%-]*\):[^#]*## *\(.*\)/\1|\2/p' Makefile | sed 's/%/<id>/' | awk -F '|' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo '  labs: '$$(ls labs)
	@echo '  RUNTIME=auto|netns|docker SEED=N for labs; ARGS="..." goes to droplab run, pytest or the benchmark'

setup: ## install what droplab needs: Debian packages, and Python packages into .venv
	@scripts/setup

lab-%: ready-$(RUNTIME) FORCE ## replay a lab from start to end; the report goes to reports/lab-<id>/
	@mkdir -p reports
	@$(SUDO) .venv/bin/droplab run '$*' --runtime '$(RUNTIME)' --report 'reports/lab-$*' $(if $(SEED),--seed '$(SEED)') $(ARGS)

test: ## all tests, with real kernels and containers (as root: by sudo)
	@scripts/setup --docker --dev
	$(SUDO) .venv/bin/pytest $(if $(filter-out 0,$(shell id -u)),-p no:cacheprovider) $(ARGS)

check: ## format, lint, types, imports and unit tests: half a minute, no root
	@scripts/setup --dev
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/pytest -q -n 2 tests/unit $(ARGS)

bench: ## measure what the README claims
	@scripts/setup --docker --dev
	$(SUDO) .venv/bin/python -m tests.bench $(ARGS)

trust: ## kill, flood and crowd labs, and count what is left: long (short: ARGS="all --quick")
	@scripts/setup --docker --dev
	$(SUDO) .venv/bin/python -m tests.trust $(ARGS)

docs: ## write docs/faults.md from the classes of the faults
	@scripts/setup
	@.venv/bin/droplab faults --markdown > docs/.faults.md
	@mv docs/.faults.md docs/faults.md

image: ## build the image that the docker runtime uses
	@scripts/setup --docker
	@$(SUDO) scripts/dockerd
	@$(SUDO) scripts/build-image

clean: ## remove .venv, caches and reports
	@rm -rf .venv build dist reports *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache || \
	    { echo 'droplab: some of it belongs to root; run: sudo make clean' >&2; exit 1; }
	@find . -name .git -prune -o -name __pycache__ -prune -exec rm -rf {} +

ready-auto ready-netns: setup
ready-docker: image

FORCE:
