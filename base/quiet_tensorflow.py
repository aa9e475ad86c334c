"""Imports TensorFlow without its notices and Keras; programs import this first.

At import TensorFlow writes to stderr which instructions it was built for and
that there is no GPU, whatever its log level. Errors are still told.

Ctrl-C ends a program without a traceback meanwhile, and until base.errors takes
over.

It also imports all of Keras, and with it scikit-learn and matplotlib: more than
a third of the time. Here Keras is imported when tf.keras is first used.
"""

import contextlib
import os
import signal
import sys
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# TensorFlow leaves oneDNN off on processors without AVX-512: then nothing runs
# in NCHW there, and float32 is slower.
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')


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


@contextlib.contextmanager
def _no_keras():
  """TensorFlow's import goes on where Keras cannot be imported."""
  if 'keras.src' in sys.modules:
    yield
    return
  sys.modules['keras.src'] = None
  try:
    yield
  finally:
    del sys.modules['keras.src']


@contextlib.contextmanager
def _ends_on_ctrl_c():
  """Ctrl-C ends the process; raised, it may come out as an ImportError."""
  former = signal.getsignal(signal.SIGINT)
  if former is not signal.default_int_handler:
    yield
    return
  signal.signal(signal.SIGINT, signal.SIG_DFL)
  try:
    yield
  finally:
    signal.signal(signal.SIGINT, former)


def _show(kind, error, traceback):
  """Shows what ends Python, but for Ctrl-C, of which the status tells."""
  if kind is not KeyboardInterrupt:
    sys.__excepthook__(kind, error, traceback)


sys.excepthook = _show
with _no_stderr(), _no_keras(), _ends_on_ctrl_c():
  import tensorflow as tensorflow

# What tf-slim calls below its layers is deprecated, and works.
warnings.filterwarnings('ignore', r'`layer\.(apply|updates)`', UserWarning)
