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
STAGE ?= dev
PARTITION ?= aws
# Layers carry bytecode, which only a Python of the runtime's version can write: the best that is here.
RUNTIME ?= $(shell for v in 3.13 3.14 3.12 3.11; do python$$v -c "" >/dev/null 2>&1 && echo $$v && break; done)
ARCHITECTURE ?= arm64
export RUNTIME ARCHITECTURE
DEV := .envs/dev/bin
ENV := $(PYTHON) -m local.envs
# Two processes; a file's tests, and all that share a deployment, stay in one.
BOTH := -n 2 --dist loadscope
export PYTHONPATH := layers/core:layers/render:functions:.
# For the tools that only look at the template; nothing of it is sent anywhere. A deployment has to say its own.
export AWS_DEFAULT_REGION ?= ap-east-1
WHERE := $(if $(filter file,$(origin AWS_DEFAULT_REGION)),env -u AWS_DEFAULT_REGION)
export SAM_CLI_TELEMETRY := 0

.DEFAULT_GOAL := help
.PHONY: help run stop launch load test test-all fuzz check coverage bench model mutants openapi web screenshots monitoring build validate known-stage deploy audit tools clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## the product on this machine [PORT=8080 DETACH=1 LEDGER=file COUNT=2000 AS_OF=date STATE=.local]
	@$(PYTHON) -m local.run --port $(PORT) --state "$(STATE)" $(if $(DETACH),--detach) \
		$(if $(LEDGER),--ledger "$(LEDGER)") $(if $(COUNT),--count $(COUNT)) $(if $(AS_OF),--as-of $(AS_OF))

stop:  ## end what `make run DETACH=1` started [STATE=.local]
	@$(PYTHON) -m local.run --stop --state "$(STATE)"

launch:  ## the launch rehearsed: a made-up ledger, every row and certificate checked, P5 [COUNT=100000 PORT=0]
	@$(PYTHON) -m local.launch --count $(or $(COUNT),100000) $(if $(filter command line environment,$(origin PORT)),--port $(PORT)) $(ARGS)

load:  ## what verification and reads take with and without a launch beside them [ARGS=options]
	@$(PYTHON) -m local.load $(if $(filter command line environment,$(origin PORT)),--port $(PORT)) $(ARGS)

test:  ## the tests that need Python alone (at most 10 minutes) [ARGS=pytest options]
	@$(ENV) dev peers
	@$(DEV)/python -m pytest $(BOTH) -m "not full and not browser" $(ARGS)

test-all: tools validate  ## all tests: installs headless Chromium, Node, Poppler and SAM CLI, or says what is missing
	@$(ENV) dev peers schema
	@JIANBIAO_TEST_ALL=1 $(DEV)/python -m pytest $(BOTH) $(ARGS)
	@$(MAKE) --no-print-directory coverage

coverage:  ## branch coverage of the domain's rules by their own tests: fails below 100 %
	@$(ENV) dev
	@$(DEV)/python -m coverage run --data-file=.build/domain.coverage --source=layers/core/jianbiao/domain \
		-m pytest -q tests/domain
	@$(DEV)/python -m coverage report --data-file=.build/domain.coverage --show-missing --skip-covered \
		--precision=2 --fail-under=100

fuzz:  ## the parser of codes, for ten minutes [SECONDS=600]
	@$(ENV) dev
	@PYTHONPATH=layers/core $(DEV)/python -m tests.support.fuzz --seconds $(or $(SECONDS),600)

check:  ## static checks: ruff, mypy, import contracts, cfn-lint, checkov, secrets, vulnerabilities
	@$(ENV) dev lint
	$(DEV)/ruff check .
	$(DEV)/mypy
	PYTHONPATH=layers/core:layers/render $(DEV)/lint-imports --no-logo
	.envs/lint/bin/cfn-lint infra/template.yaml infra/monitoring.yaml infra/waf.yaml
	.envs/lint/bin/checkov --config-file infra/checkov.yaml
	@$(PYTHON) -m local.secret_scan
	@$(PYTHON) -m local.audit

audit:  ## known vulnerabilities of the dependencies, where the data can be reached [STRICT=1 fails where they cannot]
	@$(PYTHON) -m local.audit $(if $(STRICT),--strict)

validate:  ## sam validate --lint
	@$(ENV) sam
	cd infra && ../.envs/sam/bin/sam validate --lint

bench:  ## the tables of measurements [ARGS=names]
	@$(ENV) dev peers
	@$(DEV)/python -m bench $(ARGS)

model:  ## time, cost and limits of a launch on AWS, from counted calls: writes docs/launch-model.md
	@$(ENV) dev
	@$(DEV)/python -m bench.model

mutants:  ## break one thing at a time and show that a test fails for each
	@$(ENV) dev peers
	@$(DEV)/python -m tests.mutants $(ARGS)

openapi:  ## write the OpenAPI document anew
	@$(ENV) dev
	@PYTHONPATH=layers/core $(DEV)/python -m jianbiao.http.openapi

web:  ## build the scripts of /verify and /app anew (Node.js) [CHECK=1 compares only]
	@cd web && npm ci --no-audit --no-fund --silent && node build.mjs $(if $(CHECK),--check)

screenshots:  ## pictures of every page and face for docs/images (headless Chromium) [ARGS=names]
	@$(ENV) dev
	@$(DEV)/python -m tests.browser.screenshots $(ARGS)

monitoring:  ## write the alarms and the dashboard anew, from the functions of the template
	@$(ENV) dev
	@$(DEV)/python -m infra.monitoring

build:  ## sam build: layers for arm64, without Docker; their sizes [ARCHITECTURE=arm64|x86_64|host RUNTIME=3.13]
	@$(ENV) sam
	cd infra && ../.envs/sam/bin/sam build
	@$(PYTHON) -m infra.sizes infra/.aws-sam/build

known-stage:
	@for f in $(STAGE) $(PARTITION); do test -f infra/parameters/$$f.txt || { \
		echo "There is no infra/parameters/$$f.txt: STAGE is dev, staging or prod, PARTITION aws or aws-cn." >&2; exit 1; }; done

deploy: known-stage build  ## sam deploy [STAGE=dev|staging|prod PARTITION=aws|aws-cn PUBLIC_URL=… CERTIFICATE_ARN=… PARAMETERS="Name=value …"]
	@given="$$(cat infra/parameters/$(STAGE).txt infra/parameters/$(PARTITION).txt | tr '\n' ' ')"; \
	given="$$given $(if $(PUBLIC_URL),PublicUrl=$(PUBLIC_URL)) $(if $(CERTIFICATE_ARN),CertificateArn=$(CERTIFICATE_ARN))"; \
	given="$$given $(if $(ISSUER),TokenIssuer=$(ISSUER)) $(if $(AUDIENCE),TokenAudience=$(AUDIENCE))"; \
	given="$$given Runtime=python$(RUNTIME) Architecture=$(ARCHITECTURE) $(PARAMETERS)"; \
	release="$$($(PYTHON) -m infra.release --stamp infra/.aws-sam/build/template.yaml $$given)" && cd infra && \
	$(WHERE) ../.envs/sam/bin/sam deploy --config-env $(STAGE) $(ARGS) --parameter-overrides $$given Release=$$release

tools:
	@$(PYTHON) -m local.tools

clean:  ## remove environments, packages and local data
	rm -rf .envs .build .local
