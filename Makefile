PYTHON = python3.11
RUN = .venv/bin/python
QUICKSTART = runs/quickstart

.PHONY: help quickstart benchmark test bazel-test lock

help:
	@echo 'make quickstart   trains and evaluates MobileNetV2 on handwritten digits'
	@echo 'make benchmark    times MobileNetV2 on this machine, next to Keras'
	@echo 'make test         runs every test'
	@echo 'make bazel-test   builds and tests everything with Bazel'

quickstart: .venv/requirements.lock
	rm -rf $(QUICKSTART)
	$(RUN) train_image_classifier.py --implementation=slim \
	    --model_name=mobilenet_v2_035 --dataset_name=digits \
	    --train_image_size=64 --num_epochs=20 --learning_rate=0.03 \
	    --learning_rate_decay_type=polynomial --train_dir=$(QUICKSTART)
	@for implementation in slim fast; do \
	  printf '\n%s\n' "Evaluated in the $$implementation implementation:"; \
	  $(RUN) eval_image_classifier.py --implementation=$$implementation \
	      --checkpoint_path=$(QUICKSTART) \
	      --eval_dir=$(QUICKSTART)/eval_$$implementation || exit 1; \
	done
	@printf '\nImages it has not seen:\n'
	@$(RUN) -m datasets.digits $(QUICKSTART)/images
	@$(RUN) classify_image.py --checkpoint_path=$(QUICKSTART) --top_k=1 \
	    $(QUICKSTART)/images
	@printf '\n%s\n%s\n' 'Checkpoint and TensorBoard log: $(QUICKSTART)' \
	    'To look at the log: .venv/bin/tensorboard --logdir=$(QUICKSTART)'

benchmark: .venv/requirements.lock
	$(RUN) benchmark.py --output_dir=runs/benchmark

test: .venv/requirements.lock
	$(RUN) -m pytest --quiet --disable-warnings --numprocesses=auto \
	    --dist=worksteal tests

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

lock:
	pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	    --no-header --no-emit-index-url --no-emit-find-links \
	    --no-emit-trusted-host --output-file=requirements.lock requirements.txt
