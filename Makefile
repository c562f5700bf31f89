# The commands of this repository; 'make' alone lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
PEERS_VENV ?= .venv-peers
# A relative path stays short in what is printed; the folder is never committed.
DEMO_STORE ?= demo-store
CONFIG ?= taptill.toml
DESTDIR ?=
export PYTHON VENV DESTDIR

.PHONY: help demo demo-reset run test lint format bench bench-peers texts install uninstall clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

$(VENV)/.demo: setup.py
	@scripts/venv demo

$(VENV)/.test: setup.py
	@scripts/venv test

$(PEERS_VENV)/.peers: benchmarks/peers/requirements.txt
	@VENV=$(PEERS_VENV) scripts/venv peers

.PHONY: need-demo need-test
need-demo:
	@scripts/need demo

need-test:
	@scripts/need test

# Programs are the last word of a recipe and run by exec: Ctrl-C reaches them, and make waits for their clean end.
demo: need-demo $(VENV)/.demo ## make a demo store and open it: till, printer, broker and head office on this machine
	@exec $(VENV)/bin/taptill demo --dir $(DEMO_STORE)

demo-reset: need-demo $(VENV)/.demo ## the same with a new demo store; the old one is thrown away
	@exec $(VENV)/bin/taptill demo --dir $(DEMO_STORE) --reset

run: $(VENV)/.demo ## run the store described by CONFIG=taptill.toml
	@exec $(VENV)/bin/taptill run --config $(CONFIG)

test: need-test $(VENV)/.test ## format, lint, types and every test
	@exec scripts/test $(ARGS)

lint: $(VENV)/.test ## format, lint and types only
	@exec scripts/lint

format: $(VENV)/.test ## format the code and mend what ruff can mend
	@$(VENV)/bin/ruff check --fix --quiet . ; $(VENV)/bin/ruff format .

bench: need-test $(VENV)/.test ## measure speed and memory, each beside its floor
	@exec $(VENV)/bin/python -m benchmarks $(ARGS)

bench-peers: $(VENV)/.demo $(PEERS_VENV)/.peers ## price the same baskets with pretix and django-oscar (downloads both)
	@exec $(VENV)/bin/python -m benchmarks.peers --python $(PEERS_VENV)/bin/python $(ARGS)

texts: $(VENV)/.test ## collect the texts people read, merge them into the translations and compile those
	@exec scripts/texts

install: ## put TapTill on this machine as a service (root); DESTDIR=folder stages it instead
	@exec scripts/install

uninstall: ## take the service away again; the store's data and configuration stay
	@exec scripts/uninstall

clean: ## remove what make made here, except the demo store
	rm -rf $(VENV) $(PEERS_VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
