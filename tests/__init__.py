"""Tests compute as the programs do: see base/quiet_tensorflow.py."""

import os

os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
