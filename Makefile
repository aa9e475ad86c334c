PYTHON = python3.11
RUN = .venv/bin/python
QUICKSTART = /tmp/twinslim_quickstart

# TensorFlow tells of errors only.
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: help quickstart test bazel-test

help:
	@echo 'make quickstart   trains and evaluates MobileNetV2 on handwritten digits'
	@echo 'make test         runs every test'
	@echo 'make bazel-test   builds and tests everything with Bazel'

quickstart: .venv/requirements.lock
	$(RUN) train_image_classifier.py --dataset_name=digits \
	    --model_name=mobilenet_v2_035 --implementation=slim \
	    --train_dir=$(QUICKSTART)
	$(RUN) eval_image_classifier.py --dataset_name=digits \
	    --dataset_split_name=validation \
	    --model_name=mobilenet_v2_035 --implementation=fast \
	    --checkpoint_path=$(QUICKSTART) --eval_dir=$(QUICKSTART)/eval

test: .venv/requirements.lock
	$(RUN) -m pytest --quiet --disable-warnings tests

# Bazel takes the python3 that comes first on PATH.
bazel-test: export PATH := $(CURDIR)/.venv/bin:$(PATH)
bazel-test: .venv/requirements.lock
	@command -v bazel >/dev/null || { echo >&2 \
	    'bazel is missing: apt-get install bazel-bootstrap'; exit 1; }
	bazel build //...
	bazel test //...

# This copy of the lock says that .venv holds all of it.
.venv/requirements.lock: requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo >&2 \
	    '$(PYTHON) is missing: apt-get install $(PYTHON)'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo >&2 \
	    "$(PYTHON)'s venv is missing: apt-get install $(PYTHON)-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check \
	    --require-hashes --only-binary :all: --requirement requirements.lock
	cp requirements.lock $@
