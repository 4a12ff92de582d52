# Two commands are all one needs: `make book` and `make test`.
PY := .venv/bin/python
BIN := .venv/bin
# Which book `make test` looks at in a browser: its own quick one, or full, that of `make book`.
BOOK ?= quick

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book pdf teach test test-package test-chapters test-book lab check strip clean
.PHONY: setup-book setup-test

help:
	@echo "make book    run every chapter, build the book: _build/html/index.html"
	@echo "make teach   for instructors: slides, worksheets, answer key: _build/teach"
	@echo "make pdf     print the built book into one file: _build/reading-chest-x-rays.pdf"
	@echo "make test    lint, unit tests, every chapter on tiny samples, the built book in a browser"
	@echo "             Its parts: make check, test-package, test-chapters, test-book"
	@echo "make lab     open the chapters in JupyterLab"
	@echo "make check   lint, types, direction of imports, workflows, chapters without outputs"
	@echo "make strip   take the outputs out of the chapters after editing"
	@echo "make clean   remove everything that was built (.venv stays)"
	@echo "Set-up is part of each. Another Python: make book PYTHON=python3.12"

setup-book:
	@PYTHON="$(PYTHON)" sh tools/setup.sh book

setup-test:
	@PYTHON="$(PYTHON)" sh tools/setup.sh test

book: setup-book
	@$(PY) tools/make_book.py all

teach: setup-book
	@$(PY) tools/teach.py

pdf: setup-test
	@$(PY) tools/make_book.py pdf

lab: setup-book
	@$(BIN)/jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/chapters

check: setup-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/zizmor --offline --quiet .github action.yml
	@if command -v actionlint >/dev/null; then actionlint; \
		else echo "actionlint is not installed here; CI runs it on the workflow files."; fi
	@$(BIN)/nbstripout --keep-id --verify chapters/*.ipynb || \
		{ echo "A chapter has outputs. Take them out: make strip"; exit 1; }
	@$(PY) tools/make_book.py fold --check

strip: setup-test
	@$(BIN)/nbstripout --keep-id chapters/*.ipynb

test: check test-package test-chapters test-book

test-package: setup-test
	@$(PY) -m pytest tests --ignore=tests/chapters --ignore=tests/book -q -n 2 --dist loadfile

test-chapters: setup-test
	@$(PY) tools/make_book.py all --quick
	@BOOK=quick $(PY) -m pytest tests/chapters -q

test-book: setup-test
	@BOOK=$(BOOK) $(PY) -m pytest tests/book -q -n 2 --dist loadfile

clean:
	@rm -rf _build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv/*' -type d -prune -exec rm -rf {} +
	@echo "Removed what was built."
