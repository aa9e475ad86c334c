"""Reads TensorBoard's logs, for the tests."""

import glob
import os

import tensorflow as tf


def scalars(folder):
  """Returns {tag: {step: value}} of all event files in a folder."""
  return {
    tag: {step: float(array) for step, array in by_step.items()}
    for tag, by_step in _read(folder).items()
    if all(array.shape == () for array in by_step.values())
  }


def pictures(folder):
  """Returns {tag: {step: uint8 [height, width, 3]}} where there is one each."""
  return {
    tag: {
      step: tf.io.decode_image(array[2]).numpy()  # after width and height
      for step, array in by_step.items()
    }
    for tag, by_step in _read(folder).items()
    if all(array.shape == (3,) for array in by_step.values())
  }


def images(folder):
  """Returns {tag: {step: [uint8 [height, width, 3]]}} where there are more."""
  return {
    tag: {
      step: [tf.io.decode_image(image).numpy() for image in array[2:]]
      for step, array in by_step.items()
    }
    for tag, by_step in _read(folder).items()
    if all(array.shape not in ((), (3,)) for array in by_step.values())
  }


def _read(folder):
  """Returns {tag: {step: array}}."""
  values = {}
  for path in sorted(glob.glob(os.path.join(folder, 'events.*'))):
    for event in tf.compat.v1.train.summary_iterator(path):
      for value in event.summary.value:
        array = tf.make_ndarray(value.tensor)
        values.setdefault(value.tag, {})[event.step] = array
  return values
