# `make` lists the targets. Only Python 3.11 or newer (with venv and pip) and make are needed; what a target needs
# beyond that it installs, or names. Package indexes and mirrors come from your own pip settings.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
ifeq ($(strip $(PYTHON)),)
$(error Python 3.11 or newer is needed and was not found. Debian, Ubuntu: apt-get install python3 python3-venv)
endif

PORT ?= 8080
STATE ?= .local
DEV := .envs/dev/bin
ENV := $(PYTHON) -m local.envs
export PYTHONDONTWRITEBYTECODE ?=

.DEFAULT_GOAL := help
.PHONY: help run stop test test-all check bench mutants openapi build deploy envs clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## the product on this machine [PORT=8080 DETACH=1 LEDGER=file COUNT=2000 AS_OF=date STATE=.local]
	@$(PYTHON) -m local.run --port $(PORT) --state "$(STATE)" $(if $(DETACH),--detach) \
		$(if $(LEDGER),--ledger "$(LEDGER)") $(if $(COUNT),--count $(COUNT)) $(if $(AS_OF),--as-of $(AS_OF))

stop:  ## end what `make run DETACH=1` started [STATE=.local]
	@$(PYTHON) -m local.run --stop --state "$(STATE)"
