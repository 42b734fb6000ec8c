# Two commands do everything on a fresh machine with Python 3.11-3.13: `make demo`, `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUNS ?= runs
DEMO := $(RUNS)/demo

# Every command below runs in the environment, which installs itself from the hashed lock.
INSTALLED := $(VENV)/.installed

.PHONY: help install demo demo-page site test-demo serve scores test test-all test-corpus fuzz supply-chain oracle bench-metrics lint lock clean docs bench-pipeline bench-prediction bench-training bench-crops agreement tpu-compiler

help: ## This list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(INSTALLED): requirements.lock setup.cfg
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "SalNet needs Python 3.11-3.13; PYTHON=... chooses one. Received: %d.%d" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(INSTALLED) ## The environment, from the lock.

demo: $(INSTALLED) ## Synthetic set, two minutes of training, scores, export, predictions.
	rm -rf $(DEMO)
	$(BIN)/python -m data.build --dataset=synthetic --data_dir=$(DEMO)/data
	$(BIN)/python -m data.synthetic.pictures --output_dir=$(DEMO)/pictures
	$(BIN)/python -m trainers.train --flagfile=trainers/configs/synthetic_smoke.flags \
	  --data_dir=$(DEMO)/data --workdir=$(DEMO)/train
	$(BIN)/python -m trainers.evaluate --model=$(DEMO)/train --dataset=synthetic --split=validation \
	  --data_dir=$(DEMO)/data --output_dir=$(DEMO)/scores
	$(BIN)/python -m trainers.export --model=$(DEMO)/train --output_dir=$(DEMO)/export
	$(BIN)/python -m trainers.predict $(DEMO)/pictures --output_dir=$(DEMO)/predictions \
	  --model=$(DEMO)/export/litert/salnet_fp32.tflite
	@echo "score table:    $(DEMO)/scores/scores.md"
	@echo "picture panel:  $(DEMO)/scores/report.html"
	@echo "heat maps:      $(DEMO)/predictions"

demo-page: ## What the browser page needs (LiteRT.js, 19 MB, by npm); `python -m trainers.demo` opens it.
	$(PYTHON) demo/vendor.py

SITE ?= build/demo-page

site: demo-page ## The page as a folder for any web server, $(SITE).
	rm -rf $(SITE) && mkdir -p $(SITE)/weights
	cp -r demo/*.html demo/*.css demo/*.js demo/*.svg demo/*.webmanifest demo/examples demo/vendor $(SITE)
	cp salnet_tf/weights/salnet_small_fp32.tflite salnet_tf/weights/salnet_distilled_fp32.tflite $(SITE)/weights

bench-pipeline: $(INSTALLED) ## Does reading starve the training? Rates alone and together.
	$(BIN)/python -m data.build --dataset=synthetic --data_dir=$(RUNS)/bench/data --overwrite
	$(BIN)/python -m benchmarks.pipeline --data_dir=$(RUNS)/bench/data

bench-training: $(INSTALLED) ## What a training step costs: speed, fused batch norm, memory beside VGG16, ResNet50.
	$(BIN)/python -m benchmarks.training

CROPS := .venv-crops

$(CROPS)/.installed: setup.cfg
	$(PYTHON) -m venv $(CROPS)
	$(CROPS)/bin/python -m pip install --quiet --disable-pip-version-check -e . "pyvips[binary]" smartcrop
	@touch $@

bench-crops: $(CROPS)/.installed ## Do smart crops keep what people look at? Beside libvips and smartcrop.py.
	$(CROPS)/bin/python -m benchmarks.crops --aspects=1:1,9:16,16:9 \
	  $(foreach set,$(SETS),--source=$(DATASETS)/$(set))

PHOTOS ?= $(DEMO)/pictures
MODEL ?= salnet_distilled

bench-prediction: $(INSTALLED) ## Does a folder ($(PHOTOS)) run at the network's rate? CPU time by part; start-up.
	$(BIN)/python -m benchmarks.prediction --model=$(MODEL) --photos=$(PHOTOS)

agreement: $(INSTALLED) ## Do all exports of $(MODEL) give one answer on $(PHOTOS)?
	$(BIN)/python -m benchmarks.agreement --model=$(MODEL) --photos=$(PHOTOS)

EXPORT ?= $(DEMO)/export
SERVE_VENV ?= .venv-kserve

serve: ## KServe over $(EXPORT)/saved_model/1 on loopback, port 8501, in an environment of its own.
	@test -x $(SERVE_VENV)/bin/python || $(PYTHON) -m venv $(SERVE_VENV)
	@$(SERVE_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/kserve.txt
	$(SERVE_VENV)/bin/python deploy/kserve_server.py --saved_model=$(EXPORT)/saved_model/1 --http_port=8501

# Folders of real photographs with fixations (images/, fixations.csv, splits.csv), one per set.
DATASETS ?= ../shared/datasets
PRESETS := salnet salnet_distilled salnet_small salnet_large
SCORED ?= $(PRESETS) $(patsubst %,salnet_tf/weights/%_int8.tflite,$(PRESETS))
SETS := osie:validation eyecrowd:validation scene500:validation pascal_s:test

scores: $(INSTALLED) ## Scores of $(SCORED) and the baselines on four sets, into docs/scores.md and README.md.
	set -e; for set in $(SETS); do name=$${set%:*}; \
	  test -d $(RUNS)/tfds/fixation_table/$$name || $(BIN)/python -m data.build \
	    --dataset=fixation_table --source=$(DATASETS)/$$name --name=$$name --data_dir=$(RUNS)/tfds; \
	  evaluate="$(BIN)/python -m trainers.evaluate --dataset=fixation_table/$$name \
	    --split=$${set#*:} --data_dir=$(RUNS)/tfds --output_dir=$(RUNS)/scores/$$name"; \
	  $$evaluate-baselines; \
	  for model in $(SCORED); do \
	    $$evaluate-$$(basename $$model) --model=$$model --baselines=; \
	  done; done
	$(BIN)/python -m trainers.scoreboard --intervals --update=docs/scores.md \
	  --scores=$$(ls -d $(RUNS)/scores/*-* | paste -sd,) --means=$(RUNS)/scores/means.json
	$(BIN)/python -m trainers.profile --update_readme=README.md --scores=$(RUNS)/scores/means.json \
	  --output_dir=docs/costs

test: lint ## The default tests: three to thirteen minutes on two cores, by their speed.
	$(BIN)/python -m pytest -n 2 --dist=loadfile --max-worker-restart=0

test-all: lint ## All tests, the slow ones and those on real photographs too.
	$(BIN)/python -m pytest -m "slow or data or not slow"

test-corpus: $(INSTALLED) ## Hundreds of bad and odd inputs: each right, or refused in one sentence.
	$(BIN)/python -m tests.corpus

fuzz: $(INSTALLED) ## Four minutes of edited photos, tables and models.
	$(BIN)/python -m tests.corpus.fuzz 4

AUDIT := .venv-audit

$(AUDIT)/.installed:
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check build pip-audit pip-licenses twine
	@touch $@

supply-chain: $(INSTALLED) $(AUDIT)/.installed ## Known holes in the lock, the wheel's description, licences.
	$(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock
	$(AUDIT)/bin/python -m build --outdir build/dist .
	$(AUDIT)/bin/twine check --strict build/dist/*
	$(AUDIT)/bin/pip-licenses --python=$(BIN)/python --order=license

test-demo: $(INSTALLED) demo-page ## The browser page in Chromium (installed by apt where it is missing).
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
	  { apt-get update -qq && apt-get install -y -qq chromium; } > /dev/null || \
	  { echo "error: the page is tested in Chromium; install it (package chromium)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check playwright==1.65.2
	$(BIN)/python -m pytest -m "browser or not browser" tests/demo

ORACLE := .venv-oracle

$(ORACLE)/.installed: tests/objectives/oracle/requirements.txt
	$(PYTHON) -m venv $(ORACLE)
	$(ORACLE)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

oracle: $(INSTALLED) $(ORACLE)/.installed ## The scores against pysaliency itself, in its own environment.
	$(BIN)/python -m pytest -m "" tests/objectives/test_oracle.py

bench-metrics: $(INSTALLED) $(ORACLE)/.installed ## Our score table timed against pysaliency's, one thread each.
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3 \
	  $(BIN)/python -m benchmarks.metrics $(ORACLE)/bin/python

TPU := .venv-tpu

$(TPU)/.installed: tests/training/tpu/requirements.txt
	$(PYTHON) -m venv $(TPU)
	$(TPU)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

tpu-compiler: $(TPU)/.installed ## The TPU compiler's environment, for the test that compiles the step.

docs: $(INSTALLED) ## The documentation site, in build/docs.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	$(BIN)/python -m sphinx -q -W -b html docs build/docs

lint: $(INSTALLED) ## Style (ruff) and the layering contract (import-linter).
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# backports-strenum 1.3 says it is for Python below 3.11; uv would lock it, pip refuses it.
lock: ## Renew requirements.lock (needs uv).
	mkdir -p build && echo "backports-strenum<1.3" > build/constraints.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --upgrade --constraint build/constraints.txt \
	  --extra train --extra client --extra test setup.cfg -o requirements.lock

clean: ## Remove the environment and the demo.
	rm -rf $(VENV) $(DEMO)
