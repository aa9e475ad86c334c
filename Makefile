PYTHON = python3.11
RUN = .venv/bin/python
QUICKSTART = runs/quickstart

# With an NVIDIA GPU also CUDA's libraries, unless make is told CUDA=no. (What
# nvidia-smi prints does not tell: its errors too go to stdout.)
ifneq ($(CUDA),no)
GPU := $(shell nvidia-smi --query-gpu=name --format=csv,noheader \
    >/dev/null 2>&1 && echo yes)
endif
EXPORT := .venv/requirements-export.lock
INSTALLED := .venv/requirements$(if $(GPU),-cuda).lock \
    $(if $(filter export,$(EXTRAS)),$(EXPORT))

.PHONY: help quickstart quickstart-detection quickstart-segmentation benchmark \
    lint format test test-isa soak bazel-test bazel-sample lock

help:
	@echo 'make quickstart   trains and evaluates MobileNetV2 on handwritten digits'
	@echo 'make quickstart-detection, make quickstart-segmentation'
	@echo '                  train SSDLite, DeepLabV3 on scenes of such digits'
	@echo 'make flow         from a folder of photographs to TFLite, ONNX, OpenVINO'
	@echo 'make benchmark    times MobileNetV2 on this machine, next to Keras'
	@echo 'make test         lints, and runs the tests'
	@echo 'make lint         checks format and style; make format mends the format'
	@echo 'make test-isa     runs what rounding decides with fewer instructions'
	@echo 'make soak         runs proofs that take longer; SOAK=short: a part of them'
	@echo 'make bazel-test   builds and tests everything with Bazel'
	@echo 'With EXTRAS=export, any of them also installs what the formats of'
	@echo 'other libraries need, for import_checkpoint.py and export_model.py'

quickstart: $(INSTALLED)
	rm -rf $(QUICKSTART)
	$(RUN) train_image_classifier.py --implementation=slim \
	    --model_name=mobilenet_v2_035 --dataset_name=digits \
	    --train_image_size=64 --num_epochs=30 --learning_rate=0.03 \
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

# Both start from a classifier of the scenes' digits, of the same widths. First
# the new layers learn, then all: at once, theirs would spoil the others.
SCENES = --dataset_name=digits_scenes --optimizer=adam --opt_epsilon=1e-8 \
    --learning_rate_decay_type=polynomial --end_learning_rate=0 \
    --log_every_n_steps=25
CLASSIFIER = train_image_classifier.py $(SCENES) --model_name=mobilenet_v2 \
    --depth_multiplier=0.35 --train_image_size=64 --learning_rate=0.004

DETECTION = $(QUICKSTART)-detection
DETECTOR = train_object_detector.py $(SCENES) --train_image_size=128 \
    --model_name=ssdlite_mobilenet_v2_035 --batch_size=16
quickstart-detection: $(INSTALLED)
	rm -rf $(DETECTION)
	$(RUN) $(CLASSIFIER) --min_depth=16 --nofinegrain_classification_mode \
	    --max_number_of_steps=250 --train_dir=$(DETECTION)/classifier
	$(RUN) $(DETECTOR) --learning_rate=0.01 --max_number_of_steps=100 \
	    --trainable_scopes=BoxPredictor,FeatureExtractor/MobilenetV2/layer_19 \
	    --checkpoint_path=$(DETECTION)/classifier --train_dir=$(DETECTION)/heads
	$(RUN) $(DETECTOR) --learning_rate=0.002 --max_number_of_steps=350 \
	    --checkpoint_path=$(DETECTION)/heads --train_dir=$(DETECTION)
	@printf '\n%s\n' 'Evaluated in the fast implementation:'
	$(RUN) eval_object_detector.py --implementation=fast \
	    --checkpoint_path=$(DETECTION) --eval_dir=$(DETECTION)/eval
	@$(RUN) -m datasets.digits_scenes $(DETECTION)/images
	$(RUN) detect_objects.py --checkpoint_path=$(DETECTION) \
	    --output_dir=$(DETECTION)/pictures $(DETECTION)/images

SEGMENTATION = $(QUICKSTART)-segmentation
SEGMENTER = train_image_segmenter.py $(SCENES) --train_image_size=160 \
    --model_name=deeplab_v3_mobilenet_v2 --depth_multiplier=0.35 \
    --output_stride=8 --batch_size=8 --top_k_percent_pixels=0.25
quickstart-segmentation: $(INSTALLED)
	rm -rf $(SEGMENTATION)
	$(RUN) $(CLASSIFIER) --min_depth=1 --divisible_by=1 \
	    --max_number_of_steps=450 --train_dir=$(SEGMENTATION)/classifier
	$(RUN) $(SEGMENTER) --learning_rate=0.01 --max_number_of_steps=80 \
	    --trainable_scopes=image_pooling,aspp0,concat_projection,logits \
	    --checkpoint_path=$(SEGMENTATION)/classifier \
	    --train_dir=$(SEGMENTATION)/head
	$(RUN) $(SEGMENTER) --learning_rate=0.003 --max_number_of_steps=580 \
	    --checkpoint_path=$(SEGMENTATION)/head --train_dir=$(SEGMENTATION)
	@printf '\n%s\n' 'Evaluated in the fast implementation:'
	$(RUN) eval_image_segmenter.py --implementation=fast \
	    --checkpoint_path=$(SEGMENTATION) --eval_dir=$(SEGMENTATION)/eval
	@$(RUN) -m datasets.digits_scenes $(SEGMENTATION)/images
	$(RUN) segment_image.py --checkpoint_path=$(SEGMENTATION) \
	    --output_dir=$(SEGMENTATION)/pictures $(SEGMENTATION)/images

# From a folder of photographs, and weights in any format, to what ships. Yours:
# make flow PHOTOS=photos/ WEIGHTS=mobilenet_v2_1.0_224.tgz
# Otherwise digits, and a network of digits that another runtime has run.
FLOW = runs/flow
ifdef PHOTOS
FLOW_FLAGS = --num_epochs=12 --batch_size=16
flow: WEIGHTS ?= $(error make flow PHOTOS=$(PHOTOS) needs WEIGHTS=)
else
PHOTOS = $(FLOW)/photos
WEIGHTS = $(FLOW)/foreign/model.tflite
FLOW_FLAGS = --num_epochs=8
flow: flow-digits
endif

.PHONY: flow flow-digits
flow-digits: $(INSTALLED) $(EXPORT)
	rm -rf $(FLOW)
	$(RUN) -m datasets.digits --all $(PHOTOS)
	$(RUN) train_image_classifier.py --model_name=mobilenet_v2_035 \
	    --dataset_name=digits --train_image_size=64 --learning_rate=0.03 \
	    --num_epochs=8 --log_every_n_steps=100 --train_dir=$(FLOW)/source
	$(RUN) export_model.py --checkpoint_path=$(FLOW)/source --format=tflite \
	    --output=$(FLOW)/foreign

flow: $(INSTALLED) $(EXPORT)
	rm -rf $(FLOW)/run $(FLOW)/weights
	$(RUN) import_checkpoint.py $(WEIGHTS) --output=$(FLOW)/weights/
	$(RUN) train_image_classifier.py --recipe=finetune \
	    --dataset_name=image_folder --dataset_dir=$(PHOTOS) $(FLOW_FLAGS) \
	    --checkpoint_path=$(FLOW)/weights --train_dir=$(FLOW)/run
	$(RUN) eval_image_classifier.py --checkpoint_path=$(FLOW)/run \
	    --eval_dir=$(FLOW)/run/eval
	@for made in tflite:int8 onnx:float32 openvino:float32; do \
	  format=$${made%:*} precision=$${made#*:}; \
	  printf '\n%s\n' "As $$format, $$precision:"; \
	  $(RUN) export_model.py --checkpoint_path=$(FLOW)/run --format=$$format \
	      --precision=$$precision --output=$(FLOW)/$$format || exit 1; \
	  $(RUN) eval_image_classifier.py --checkpoint_path=$(FLOW)/$$format \
	      --eval_dir=$(FLOW)/$$format-eval || exit 1; \
	  $(RUN) classify_image.py --checkpoint_path=$(FLOW)/$$format --top_k=1 \
	      $$(find $(PHOTOS) -iname '*.jpg' -o -iname '*.png' | sort | tail -n 1) \
	      || exit 1; \
	done

benchmark: $(INSTALLED)
	$(RUN) benchmark.py --output_dir=runs/benchmark

lint: $(INSTALLED)
	$(RUN) -m ruff check --quiet .
	$(RUN) -m ruff format --check --quiet .

format: $(INSTALLED)
	$(RUN) -m ruff check --quiet --fix --select I .
	$(RUN) -m ruff format --quiet .

PYTEST = $(RUN) -m pytest --quiet --numprocesses=auto --dist=worksteal

test: lint $(EXPORT)
	$(PYTEST) tests

# oneDNN plays processors with fewer instructions; the last is this machine.
ISAS = AVX2 AVX512_CORE AVX512_CORE_BF16 DEFAULT

test-isa: $(INSTALLED)
	@for isa in $(ISAS); do \
	  printf '\n%s\n' "ONEDNN_MAX_CPU_ISA=$$isa"; \
	  ONEDNN_MAX_CPU_ISA=$$isa $(PYTEST) tests/nets/golden_test.py tests/fast \
	      tests/runtime/inference_test.py tests/runtime/photos_test.py \
	      || exit 1; \
	done

# What takes minutes on two cores: tests/helpers/soak.py.
WORKERS = tests/programs/distributed_test.py
SLOW = $(filter-out $(WORKERS), \
    $(shell grep --recursive --files-with-matches \
    --regexp='soak\.s' tests --include='*_test.py'))

# Values and bytes that nobody means: with TWINSLIM_SOAK, thousands of them.
FUZZ = tests/checkpoints/fuzz_test.py tests/programs/flag_values_test.py \
    tests/checkpoints/importing/damaged_graphs_test.py

# All of tf-slim's own tests, the slow ones, damaged and many files, a training
# that is killed again and again, and planted bugs, each of which a test must
# catch.
soak: $(INSTALLED)
	TWINSLIM_SOAK=1 TWINSLIM_SLOW=1 $(PYTEST) \
	    $(SLOW) $(FUZZ) $(WORKERS)$(if $(filter short,$(SOAK)),::DistributedTest::test_two_workers)
	$(RUN) -m tests.soak.fuzz $(if $(filter short,$(SOAK)),200)
	$(RUN) -m tests.soak.many_files $(if $(filter short,$(SOAK)),10000)
	$(RUN) -m tests.soak.kills --kills=$(if $(filter short,$(SOAK)),5,50)
	$(RUN) -m tests.helpers.planted_bugs $(if $(filter short,$(SOAK)),--every=16)

# Bazel takes the python3 that comes first on PATH.
BAZEL_TESTS = //...
bazel-test: export PATH := $(CURDIR)/.venv/bin:$(PATH)
bazel-test: $(INSTALLED) $(EXPORT)
	@command -v bazel >/dev/null || { echo >&2 \
	    'bazel is missing: apt-get install bazel-bootstrap'; exit 1; }
	bazel build //...
	bazel test $(BAZEL_TESTS)

# Builds every target, and runs a test of each folder.
bazel-sample: BAZEL_TESTS = $(addprefix //:,base/structure_test \
    benchmarking/ceilings_test checkpoints/reader_test datasets/labels_test fast/parity_test \
    nets/nasnet_test prediction/picture_files_test \
    preprocessing/preprocessing_factory_test programs/convert_test \
    reports/charts_test runtime/gpu_test specs/cost_test \
    tasks/classification_test training/learning_rates_test)
bazel-sample: bazel-test

# The copy of a lock says that .venv holds all of it. All locks agree on what
# they share, so going from one to another only adds, or leaves all there.
.venv/requirements.lock .venv/requirements-cuda.lock $(EXPORT): .venv/%: %
	@command -v $(PYTHON) >/dev/null || { echo >&2 \
	    '$(PYTHON) is missing: apt-get install $(PYTHON)'; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo >&2 \
	    "$(PYTHON)'s venv is missing: apt-get install $(PYTHON)-venv"; exit 1; }
	@[ $< != requirements-cuda.lock ] || echo "NVIDIA GPU found: installing with \
	CUDA's libraries (3.3 GB, 6.5 on disk); CUDA=no declines"
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check \
	    --require-hashes --only-binary :all: --requirement $<
	cp $< $@

PIP_COMPILE = pip-compile --quiet --generate-hashes --allow-unsafe \
    --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
    --no-emit-trusted-host

# The others take the first as a constraint: the same versions, and more.
lock:
	$(PIP_COMPILE) --output-file=requirements.lock requirements.txt
	$(PIP_COMPILE) --constraint=requirements.lock \
	    --output-file=requirements-cuda.lock requirements-cuda.txt
	$(PIP_COMPILE) --constraint=requirements.lock \
	    --output-file=requirements-export.lock requirements-export.txt
