"""Keras' own networks with random weights and statistics, in its formats."""

import os

import h5py
import keras
from keras.src.legacy.saving import legacy_h5_format
import numpy as np

CLASSES = 7
FORMATS = ('.keras', '.weights.h5', '.h5', '_weights.h5')


def make(name, size, seed=3, **options):
  """Returns a network of keras.applications, with logits; seeded."""
  model = getattr(keras.applications, name)(
    input_shape=(size, size, 3),
    weights=None,
    **{'classes': CLASSES, 'classifier_activation': None, **options},
  )
  rng = np.random.default_rng(seed)
  for variable in model.weights:
    variable.assign(_value(rng, variable.path.split('/')[-1], variable.shape))
  return model


def _value(rng, leaf, shape):
  """Returns values at which logits are not tiny, and each layer counts."""
  if leaf in ('gamma', 'moving_variance'):
    return rng.uniform(0.5, 1.5, shape)
  if leaf == 'beta':
    return rng.normal(0.5, 0.3, shape)
  if leaf in ('moving_mean', 'bias'):
    return rng.normal(0.0, 0.3, shape)
  # Of a depthwise kernel, each output has one input.
  inputs = shape[:2] if shape[-1] == 1 else shape[:-1]
  return rng.normal(0.0, 1.4 / np.sqrt(np.prod(inputs)), shape)


def save(model, folder, suffix):
  """Writes a model in one of FORMATS; returns the path.

  '.h5' is a whole model of Keras 2, '_weights.h5' its weights.
  """
  path = os.path.join(folder, model.name + suffix)
  if suffix == '_weights.h5':
    with h5py.File(path, 'w') as file:
      legacy_h5_format.save_weights_to_hdf5_group(file, model)
  elif suffix == '.weights.h5':
    model.save_weights(path)
  else:
    model.save(path)
  return path


def images(count, size, seed=5):
  """Returns float32 [count, size, size, 3] in [-1, 1], of large pixels."""
  rng = np.random.default_rng(seed)
  coarse = rng.uniform(-1.0, 1.0, (count, 4, 4, 3)).astype(np.float32)
  return coarse.repeat(size // 4, axis=1).repeat(size // 4, axis=2)


def logits(model, batch):
  return np.asarray(model(batch, training=False))
