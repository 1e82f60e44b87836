# Careline. `make help` lists what there is.
PYTHON := $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
LOCAL := $(PYTHON) -m deploy.local
PYTEST := .venv/bin/python -m pytest
RASA_PYTEST := .venv-rasa/bin/python -m pytest
export RASA_TELEMETRY_ENABLED := false
.DEFAULT_GOAL := help
.PHONY: help run setup test test-fast test-app test-spark test-rasa test-stories test-web test-e2e test-calls test-telephony lint lint-data types format train evaluate benchmark lock clean

help:  ## List the targets.
	@grep -hE '^[a-z0-9-]+:.*  ## ' $(MAKEFILE_LIST) | awk -F':.*  ## ' '{printf "  make %-14s %s\n", $$1, $$2}'

python-is-new-enough:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Careline needs Python 3.11 or later: install python3.11 and try again." >&2; exit 1; }

run: python-is-new-enough  ## Set up what is missing, start everything, say where to click. Ctrl-C stops it.
	@$(LOCAL) run

setup: python-is-new-enough  ## Set up what tests and development need, start nothing.
	@$(LOCAL) setup --tests

test: setup test-app test-spark test-rasa test-stories test-web test-e2e  ## Set up what tests need and run all of them.

test-fast: setup  ## The everyday loop: unit tests and integration tests without browsers and process kills.
	$(PYTEST) tests -q -n auto -m "not slow and not postgres and not calls" --ignore tests/bot --ignore tests/e2e --ignore tests/web
	$(RASA_PYTEST) tests/bot -q -m "not slow"

test-app:
	$(PYTEST) tests -q -n 2 -m "not calls" --ignore tests/bot --ignore tests/e2e --ignore tests/web --ignore tests/telephony --ignore tests/models/test_spark.py

SPARK := .venv/bin/python -c 'import pyspark' 2>/dev/null
test-spark:  ## Scoring on Spark, a cluster of two workers on this machine; skipped, and said, where there is no Java.
	@if ! command -v java >/dev/null; then \
		echo "SKIPPED: scoring on Spark needs a Java runtime, version 17 or later (apt install openjdk-17-jre-headless)."; \
	elif ! $(SPARK) && ! .venv/bin/uv pip install -q --no-deps --require-hashes -r requirements/spark.txt; then \
		echo "SKIPPED: the Spark extra (requirements/spark.txt) could not be installed."; \
	else \
		$(PYTEST) tests/models/test_spark.py -q; \
	fi

test-rasa:
	$(RASA_PYTEST) tests/bot -q

test-stories:
	.venv-rasa/bin/rasa data validate
	.venv-rasa/bin/rasa test core --model $$(ls -t models/rasa/careline-*.tar.gz | head -1) --stories tests/stories \
		--fail-on-prediction-errors --out var/results

test-web:
	cd web && npm test
	$(PYTEST) tests/web -q

test-e2e:
	$(PYTEST) tests/e2e -q -m "not calls"

test-calls:  ## Calls spoken and recognised in real time: gateway and browser; needs flite.
	$(PYTEST) tests/gateway/voice tests/e2e -q -m calls

test-telephony:  ## A real call through Asterisk and baresip; skipped, and said, where they are absent.
	$(PYTEST) tests/telephony -q -rs

lint:  ## Style and common mistakes.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

lint-data:  ## Duplicates, contradictions and imbalance among the training sentences.
	.venv-rasa/bin/python -W ignore -m bot.lint_data

types:  ## Type checks.
	.venv/bin/mypy vault crm models gateway actions voice bot deploy
	cd web && npm run typecheck

format:  ## Rewrite in the house style.
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

train: setup  ## Train the assistant, and what calls are heard with, if data or code changed.

evaluate:  ## How well it understands: cross-validation and exams, as a page in var/reports.
	.venv-rasa/bin/python -W ignore -m benchmarks.evaluate

COMPILE := .venv/bin/uv pip compile --generate-hashes --no-annotate --no-header --upgrade -q
lock:  ## Renew the hash-pinned locks from requirements/*.in.
	for lock in tools node app dev; do $(COMPILE) --python-version 3.11 requirements/$$lock.in -o requirements/$$lock.txt; done
	for lock in spark vosk google-speech; do $(COMPILE) --python-version 3.11 requirements/$$lock.in -o requirements/$$lock.txt; done
	$(COMPILE) --python-version 3.11 --overrides requirements/faster-whisper-overrides.txt requirements/faster-whisper.in -o requirements/faster-whisper.txt
	$(COMPILE) --python-version 3.10 --overrides requirements/rasa-overrides.txt requirements/rasa.in -o requirements/rasa.txt
	for lock in rasa-dev build; do $(COMPILE) --python-version 3.10 requirements/$$lock.in -o requirements/$$lock.txt; done

clean:  ## Remove what set-up made (environments, model, front end); keeps var/ with its store and key.
	rm -rf .venv .venv-rasa web/node_modules web/dist models/rasa models/voice
