# Throughline: every command of the project. Each one first makes what it needs.
#
#   make night                     the night of the next business date
#   make night PATIENTS=500 SEED=7 of a new world of that size and seed
#   make help                      the rest
#
# Options: PATIENTS= SEED= NIGHT= POPULATION= MISBEHAVE= N= Q=

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Options travel as environment variables, word for word: quotes, spaces and dollar signs survive.
export PATIENTS SEED NIGHT POPULATION MISBEHAVE N ARGS ROLE ID BY ACTION NOTE OWNER AMOUNT PREVIEW OUT A B RENAMED SOURCE FOLDER
override Q := $(value Q)
export Q

# The first Python that the pinned packages support. A shim that cannot run does not count.
define find_python
for p in $$PYTHON python3 python3.13 python3.12 python3.11 python; do \
  if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then echo "$$p"; break; fi; \
done
endef

# exec: the signal of a Ctrl-C reaches the program, and make waits for it.
python := .venv/bin/python
stack := PYTHONPATH=include exec $(python) -m stack
kit := PYTHONPATH=include $(python) -m

.PHONY: help night nights morning ui status sql check replay exceptions resolve quarantine decide source-profile stop clean psql benchmark chaos dump dump-compare test test-nights test-fast coverage format format-check lint types lock derivation sql-headers docs docs-check venv

venv:
	@p="$$($(find_python))"; \
	if [ -z "$$p" ]; then echo "Throughline needs Python 3.11, 3.12 or 3.13, and found none (set PYTHON=/path/to/python)." >&2; exit 1; fi; \
	exec "$$p" include/stack/bootstrap.py

help: ## this list
	@sed -n 's/^\([a-z-]*\):[a-z ]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
	@echo
	@echo "  PATIENTS=2000 SEED=1     the sandbox's world, when it is made (each has its own)"
	@echo "  POPULATION=folder        lives from a folder of FHIR R4 NDJSON instead"
	@echo "  NIGHT=2026-03-02         a business date, instead of the next"
	@echo "  MISBEHAVE=feed:date:kind what the sandbox does wrong (several, with commas)"

night: venv ## the night of the next business date, start to end
	@$(stack) night

nights: venv ## N= nights, one after the other
	@$(stack) nights

morning: venv ## the sandbox's staff do what waits for a person after a night
	@$(stack) morning

ui: venv ## start everything, leave it up, print address and login
	@$(stack) ui

status: venv ## what is up, and how the last night went
	@$(stack) status

sql: venv ## Q="select ..." as CSV on standard output
	@$(stack) sql

psql: venv ## a psql prompt on the warehouse
	@$(stack) psql

check: venv ## every invariant, over everything, now
	@$(stack) check

replay: venv ## NIGHT= computed again from its inputs, and compared
	@$(stack) replay

exceptions: venv ## what needs a person: id, reason, owner, due date, money
	@$(stack) exceptions

resolve: venv ## ID= BY= ACTION= NOTE=: a named person decides on an exception (PREVIEW=1 says what follows)
	@$(stack) resolve

quarantine: venv ## rows that a gate set aside: id, feed, file, row, reason, since
	@$(stack) quarantine

decide: venv ## ID= BY= ACTION=release|reject NOTE=: a named person decides on such a row
	@$(stack) decide

source-profile: venv ## SOURCE= FOLDER=: what a first night would make of a new connection's files
	@$(stack) source-profile

stop: venv ## stop what runs
	@$(stack) stop

clean: venv ## stop, and forget the world, the warehouse and Airflow's state
	@$(stack) clean

benchmark: venv ## seconds and rows per second of each step, at three sizes
	@$(stack) benchmark

chaos: venv ## every process killed at every step, with every misbehaviour
	@$(stack) chaos

dump: venv ## OUT=folder: all that ten nights of 500 patients leave, night by night, as sorted text
	@$(stack) dump

dump-compare: venv ## A=folder B=folder: what differs between two dumps
	@$(stack) dump

# Three workers on two cores: half of a whole night's time is Airflow's waiting.
tests := mkdir -p build; PYTHONPATH=include exec $(python) -m pytest -n 3 --dist loadscope --no-loadscope-reorder --durations=10

test: venv ## unit, warehouse, dags, and the whole loop once
	@$(tests) -m "not nights" tests/unit tests/warehouse tests/dags tests/night $$ARGS

test-nights: venv ## whole nights by the dozen: ten of them, kills, misbehaviours, the page
	@$(tests) -m nights tests/warehouse tests/dags tests/night $$ARGS

test-fast: venv ## unit and the quick warehouse tests, under a minute
	@mkdir -p build; PYTHONPATH=include exec $(python) -m pytest -n 2 -m "not slow" tests/unit tests/warehouse $$ARGS

coverage: venv ## how much of the loop's packages the quick tiers run through
	@mkdir -p build; PYTHONPATH=include $(python) -m pytest -q -n 2 --dist loadscope --no-loadscope-reorder --cov --cov-report=term -m "not nights" tests/unit tests/warehouse tests/dags $$ARGS

format: venv ## lay the Python out as ruff does
	@$(python) -m ruff format .

format-check: venv
	@$(python) -m ruff format --check .

lint: format-check ## ruff (layout and rules) and sqlfluff
	@$(python) -m ruff check .
	@$(python) -m sqlfluff lint --processes 2 --nocolor -q sql

types: venv ## mypy, strict
	@mkdir -p build; $(python) -m mypy

sql-headers: venv ## write the headers of sql/ from its statements, and the page of them
	@$(kit) tests.contracts

derivation: venv ## write down what the derivation is made of, after its number rose or no result changed
	@$(kit) tests.derivation

docs: sql-headers ## write the generated pages again
	@$(kit) tests.contracts --warehouse
	@PYTHONPATH=include $(python) -m throughline.vocabulary.page
	@mkdir -p build; AIRFLOW_HOME="$$PWD/build/airflow" PYTHONPATH=include $(python) -m throughline.orchestration.dag_table
	@PYTHONPATH=include $(python) -m throughline.orchestration.feed_table

docs-check: venv
	@PYTHONPATH=include $(python) -m throughline.vocabulary.page --check
	@mkdir -p build; AIRFLOW_HOME="$$PWD/build/airflow" PYTHONPATH=include $(python) -m throughline.orchestration.dag_table --check && PYTHONPATH=include $(python) -m throughline.orchestration.feed_table --check && $(kit) tests.contracts --check && $(kit) tests.contracts --warehouse --check

lock: venv ## write requirements.txt from requirements.in
	@$(stack) lock
