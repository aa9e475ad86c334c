"""Imports TensorFlow without its notices; programs import this first.

At import TensorFlow writes to stderr which instructions it was built for and
that there is no GPU, whatever its log level. Errors are still told.
"""

import contextlib
import os
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


@contextlib.contextmanager
def _no_stderr():
  kept = os.dup(2)
  null = os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, 2)
  try:
    yield
  finally:
    os.dup2(kept, 2)
    os.close(kept)
    os.close(null)


with _no_stderr():
  import tensorflow as tensorflow

# What tf-slim calls below its layers is deprecated, and works.
warnings.filterwarnings('ignore', r'`layer\.(apply|updates)`', UserWarning)
