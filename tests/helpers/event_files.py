"""Reads TensorBoard's logs, for the tests."""

import glob
import os

import tensorflow as tf


def scalars(folder):
  """Returns {tag: {step: value}} of all event files in a folder."""
  values = {}
  for path in sorted(glob.glob(os.path.join(folder, 'events.*'))):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        number = float(tf.make_ndarray(value.tensor))
        values.setdefault(value.tag, {})[event.step] = number
  return values
