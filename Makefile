# Throughline: every command of the project. Each one first makes what it needs.
#
#   make night                     the night of the next business date
#   make night PATIENTS=500 SEED=7 the same in a new world of that size and seed
#   make help                      the rest
#
# Options: PATIENTS= SEED= NIGHT= POPULATION= MISBEHAVE= N= Q= WORLD= and those that `make help` names

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Options travel as environment variables, word for word: quotes, spaces and dollar signs survive.
export PATIENTS SEED NIGHT POPULATION MISBEHAVE N ARGS ROLE ID BATCH BY ACTION NOTE OWNER AMOUNT DISPOSITION LEVEL DOCUMENT DONE_ON LOGIN PREVIEW OUT A B RENAMED SOURCE EXPORT FOLDER FILE WORLD ALL FROM LOST_UNTIL OTHER_KEYS WAIT DEFINITIONS TAKE_NOTE SHOW DIR NAME ZONE PHONE NPI INSIDE FEED HISTORY WORKFLOW LIST
override Q := $(value Q)
export Q
# Where it is set, each process of the tests compiles all of them anew: half of the time that collecting takes.
unexport PYTHONDONTWRITEBYTECODE

# PATIENT=40 or patients=40 would be ignored, and another world meant. Each command looks at the rest: THROUGHLINE_GIVEN.
known := PATIENTS SEED NIGHT POPULATION MISBEHAVE N ARGS ROLE ID BATCH BY ACTION NOTE OWNER AMOUNT DISPOSITION LEVEL DOCUMENT DONE_ON LOGIN PREVIEW OUT A B RENAMED \
  SOURCE EXPORT FOLDER FILE WORLD ALL FROM LOST_UNTIL OTHER_KEYS WAIT DEFINITIONS TAKE_NOTE SHOW DIR NAME ZONE PHONE NPI INSIDE FEED HISTORY WORKFLOW LIST Q SIZES NIGHTS YEARS SAVE STATEMENTS WATCH JOBS BUDGET ONLY APART KEEP PYTHON \
  SHELL THROUGHLINE_% AIRFLOW% PYTEST_% PIP_% UV_%
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
ifneq ($(filter-out $(known),$(given)),)
$(error $(addsuffix =,$(filter-out $(known),$(given))) is no option: `make help` and README.md name them)
endif
# Targets that run no command of the stack look at nothing themselves. `long` runs `chaos` after its tests.
tested := test test-nights test-fast coverage long model-check
plain := help venv watch format format-check lint types sql-headers derivation docs docs-check $(tested)
goals := $(or $(MAKECMDGOALS),help)
ofthese := $(if $(filter $(tested),$(goals)),ARGS) $(if $(filter long,$(goals)),BUDGET JOBS ONLY APART KEEP PATIENTS SEED)
ignored := $(if $(filter-out $(plain),$(goals)),$(filter ARGS,$(given)),$(filter-out PYTHON SHELL THROUGHLINE_% AIRFLOW% PYTEST_% PIP_% UV_%,$(given)))
ifneq ($(filter-out $(ofthese),$(ignored)),)
$(error $(addsuffix =,$(filter-out $(ofthese),$(ignored))) is no option of `make $(goals)`$(if $(strip $(ofthese)),; it takes $(addsuffix =,$(ofthese))))
endif
export THROUGHLINE_GIVEN := $(given)
export THROUGHLINE_GOALS := $(MAKECMDGOALS)

# The first Python that the pinned packages support. A shim that cannot run does not count.
define find_python
for p in $$PYTHON python3 python3.13 python3.12 python3.11 python; do \
  if "$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then echo "$$p"; break; fi; \
done
endef

# exec: the signal of a Ctrl-C reaches the program, and make waits for it.
python := .venv/bin/python
stack := PYTHONPATH=include exec $(python) -m stack
# The tests and the generated pages are about ours, whatever the caller has.
kit := PYTHONPATH=include THROUGHLINE_DEFINITIONS= $(python) -m

.PHONY: help night nights morning ui status sql check replay exceptions resolve claims quarantine deliveries decide pause-sending resume-sending observed release-observed readiness source-profile connect check-definitions practice source value-sets workflow watch retain backup restore worlds stop clean psql benchmark chaos dump dump-compare test test-nights test-fast long model-check coverage format format-check lint types lock derivation sql-headers docs docs-check venv

venv:
	@p="$$($(find_python))"; \
	if [ -z "$$p" ]; then echo "Throughline needs Python 3.11, 3.12 or 3.13, and found none (set PYTHON=/path/to/python)." >&2; exit 1; fi; \
	exec "$$p" include/stack/bootstrap.py

help: ## this list
	@sed -n 's/^\([a-z-]*\):[a-z -]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
	@echo
	@echo "  PATIENTS=2000 SEED=1     size and seed of the sandbox's world (each pair has its own)"
	@echo "  POPULATION=folder        patients from a folder of FHIR R4 NDJSON instead"
	@echo "  NIGHT=2026-03-02         a business date (default: the next)"
	@echo "  MISBEHAVE=feed:date:kind a fault of the sandbox (separate several with commas)"
	@echo "  DEFINITIONS=folder       the practice's own definitions, laid over ours (or THROUGHLINE_DEFINITIONS)"
	@echo "  THROUGHLINE_STATE=folder where the worlds are (default: one folder per clone, which make status prints)"

night: venv ## run the night of the next business date
	@$(stack) night

nights: venv ## run N= nights, one after the other
	@$(stack) nights

morning: venv ## let the sandbox's staff do what waits for a person after a night
	@$(stack) morning

ui: venv ## start everything, leave it running, print address and logins
	@$(stack) ui

status: venv ## show what is running, and how the last nights went
	@$(stack) status

sql: venv ## run Q="select ...", print CSV
	@$(stack) sql

psql: venv ## open a psql prompt on the warehouse
	@$(stack) psql

check: venv ## check every invariant on all data, and the chain against the heads that were kept
	@$(stack) check

replay: venv ## recompute NIGHT= from its inputs, and compare
	@$(stack) replay

exceptions: venv ## list what needs a person: id, reason, owner, due date, money
	@$(stack) exceptions

resolve: venv ## decide on an exception: ID= BY= ACTION= NOTE= (PREVIEW=1 shows what would follow)
	@$(stack) resolve

claims: venv ## list the batches of claims that wait; BATCH= LOGIN=ask shows the claims of one: read them before attesting
	@$(stack) claims

quarantine: venv ## list rows that a gate set aside: id, feed, file, row, reason, since
	@$(stack) quarantine

pause-sending: venv ## send nothing until it is resumed, while the loop goes on: BY= NOTE=
	@$(stack) pause-sending

resume-sending: venv ## send again what is still right: BY= NOTE=
	@$(stack) resume-sending

observed: venv ## list what is only observed, and what is held until somebody lets it out
	@$(stack) observed

release-observed: venv ## let out what was planned while it was only observed, as listed: WORKFLOW= LIST= BY= NOTE=
	@$(stack) release-observed

deliveries: venv ## list the deliveries of the last nights and their files, with the ids that decide takes
	@$(stack) deliveries

decide: venv ## decide on such a row, on all of a delivery or a file (its number on the page), or take a loaded one back: ID= BY= ACTION=release|reject|carries_nothing|posted|advance|not_ours NOTE=
	@$(stack) decide

source-profile: venv ## check a new connection's files before its first night: SOURCE= FOLDER=
	@$(stack) source-profile

connect: venv ## look at the systems before a first night: login, what they offer, a sample: SOURCE= (else all), EXPORT=1
	@$(stack) connect

readiness: venv ## say what of each workflow can be proven by which feed, and what never: DEFINITIONS=folder (HISTORY=1 adds what has come)
	@$(stack) readiness

practice: venv ## lay out a folder for the definitions of a practice: DIR= (NAME= ZONE= PHONE= NPI= INSIDE=, else it asks)
	@$(stack) practice

source: venv ## write the definition of a source from a sample of its table, to be corrected: NAME= FROM=file DEFINITIONS= (FEED=)
	@$(stack) source

value-sets: venv ## take value sets of a download (FHIR JSON) into the practice's definitions, pinned: FOLDER= DEFINITIONS=
	@$(stack) value-sets

check-definitions: venv ## say all that is wrong with the definitions, and whose each file is: DEFINITIONS=folder (TAKE_NOTE=1, SHOW=workflow)
	@$(stack) check-definitions

workflow: venv ## check a draft of a workflow and print the page that its owner signs: FILE=name or path DEFINITIONS=folder (OUT=folder writes it)
	@$(stack) workflow

watch: ## ask whether the morning is there, tell somebody if not: for cron or systemd (docs/told.md)
	@p="$$($(find_python))"; exec "$${p:-python3}" include/throughline/deployment/watch.py

retain: venv ## remove what is past the terms of practice.yaml: BY= NOTE= (PREVIEW=1 shows what would go)
	@$(stack) retain

backup: venv ## back up the warehouse, Airflow's database and files: OUT=folder (WAIT=seconds for a night to end)
	@$(stack) backup

restore: venv ## put a backup back: FROM=folder (LOST_UNTIL=date of the last night that ran; OTHER_KEYS=1)
	@$(stack) restore

worlds: venv ## list the worlds: patients, seed, nights, last night, size, up or down
	@$(stack) worlds

stop: venv ## stop everything
	@$(stack) stop

clean: venv ## stop, and delete a world with its warehouse and Airflow's state: WORLD= (as in make worlds), or ALL=1
	@$(stack) clean

benchmark: venv ## measure seconds and rows per second of each step, at three sizes
	@$(stack) benchmark

chaos: venv ## kill every process at every step, with every misbehaviour
	@$(stack) chaos

dump: venv ## dump the results of ten nights of 500 patients to OUT=folder, as sorted text per night
	@$(stack) dump

dump-compare: venv ## show the differences between two dumps: A=folder B=folder
	@$(stack) dump-compare

# Three workers on two cores: half of a whole night's time is Airflow's waiting.
tests := mkdir -p build; PYTHONPATH=include exec $(python) -m pytest -n 3 --dist loadscope --no-loadscope-reorder --durations=10

test: venv ## run the tests: unit, warehouse, dags, and the whole loop once
	@$(tests) -m "not nights and not long" tests/unit tests/warehouse tests/dags tests/night $$ARGS

test-nights: venv ## run the long tests: ten nights, kills, misbehaviours, the page
	@$(tests) -m "nights and not long" tests/unit tests/warehouse tests/dags tests/night $$ARGS

long: venv ## run the tests that take longest for what they add, and an hour of the matrix of kills
	@$(tests) -m long tests/unit tests/warehouse tests/dags tests/night $$ARGS
	@BUDGET=$${BUDGET:-45} $(stack) chaos

model-check: venv ## hold the engine of workflows against its model: 100,000 histories; ARGS=--planted finds planted faults
	@$(kit) tests.warehouse.engine.check $$ARGS

test-fast: venv ## run the unit and quick warehouse tests, under a minute
	@mkdir -p build; PYTHONPATH=include exec $(python) -m pytest -n 2 -m "not slow and not nights and not long" tests/unit tests/warehouse $$ARGS

coverage: venv ## run all tests of make test, and those of make test-nights but whole nights; measure what they cover
	@$(tests) -m "not long" --cov --cov-report=term tests/unit tests/warehouse tests/dags $$ARGS

format: venv ## format the Python code with ruff
	@$(python) -m ruff format .

format-check: venv
	@$(python) -m ruff format --check .

lint: format-check ## run ruff (format and rules) and sqlfluff
	@$(python) -m ruff check .
	@$(python) -m sqlfluff lint --processes 2 --nocolor -q sql

types: venv ## run mypy, strict
	@mkdir -p build; $(python) -m mypy

sql-headers: venv ## generate the headers of sql/ from its statements, and docs/sql.md
	@$(kit) tests.contracts

derivation: venv ## record the derivation's rules, after raising its number or if no result changed
	@$(kit) tests.derivation

docs: sql-headers ## regenerate the generated pages
	@$(kit) tests.contracts --warehouse
	@$(kit) throughline.vocabulary.page
	@mkdir -p build; AIRFLOW_HOME="$$PWD/build/airflow" $(kit) throughline.orchestration.dag_table
	@$(kit) throughline.orchestration.feed_table
	@$(kit) throughline.profiling.guessing.page
	@$(kit) tests.unit.language.page
	@$(kit) throughline.workflows.language.reference

docs-check: venv
	@$(kit) throughline.vocabulary.page --check
	@mkdir -p build; AIRFLOW_HOME="$$PWD/build/airflow" $(kit) throughline.orchestration.dag_table --check && $(kit) throughline.orchestration.feed_table --check && $(kit) tests.contracts --check && $(kit) tests.contracts --warehouse --check && $(kit) throughline.profiling.guessing.page --check && $(kit) tests.unit.language.page --check && $(kit) throughline.workflows.language.reference --check

lock: venv ## generate requirements.txt from requirements.in
	@$(stack) lock
