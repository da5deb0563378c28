# Every target works from a fresh clone with python3 (3.11 or newer), make and git; `make help` lists them.
# The environment is .venv: made by requirements/install.py, reused while the locks have not changed.

PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
# Libraries that send usage figures home are told not to, before any of them is imported.
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := true
export GX_ANALYTICS_ENABLED := false

.PHONY: help run test coverage lint bench docs lock clean env env-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: env ## take the reference model through the whole gate: train, judge, report, approve, promote or refuse
	@$(BIN)/python -m model.demo

test: env-dev ## all tests
	@.ci/test

coverage: env-dev ## all tests with branch coverage of the library (95 % at least); takes about twice as long
	@.ci/coverage

lint: env-dev ## format, types, import rule, workflows, shell and file hygiene
	@PRE_COMMIT_HOME=$(CURDIR)/.venv/pre-commit $(BIN)/pre-commit run --all-files --show-diff-on-failure

bench: env-dev ## speed, calibration and planning measured here and now against the goals; writes the tables of docs/
	@PYTHONPATH=validation $(BIN)/python -m benchmarks

docs: env-dev ## write docs/commands.md again from the command line itself and check every link in the docs
	@$(BIN)/python docs/build.py

lock: ## compile requirements/*.txt again from pyproject.toml (needs uv; UPGRADE=--upgrade for newer versions)
	@requirements/lock $(UPGRADE)

clean: ## remove the environment, caches and reports of runs
	@rm -rf .venv build dist .mypy_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* validation/mlgate.egg-info
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
	@find reports -mindepth 1 -maxdepth 1 -not -name examples -exec rm -rf {} + 2>/dev/null || true

env: ## only the environment that `make run` needs
	@$(PYTHON) requirements/install.py reference

env-dev: ## only the environment that `make test` and `make lint` need
	@$(PYTHON) requirements/install.py dev
