"""What tests of checkpoints share: a small model, files and what is in them."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from checkpoints import names
from checkpoints import writer as writer_lib

HEAD = 'Tiny/Logits/Conv2d_1c_1x1'


def save(variables_by_name, folder, step=7):
  """Writes a checkpoint into a folder, which is made; returns its path."""
  return writer_lib.save(
    writer_lib.make_writer(variables_by_name, folder), step
  )


def save_classifier(variables_by_name, folder, num_classes=5):
  """Writes one of a classifier: the backbone among variables, and a head."""
  backbone = {
    names.of_backbone(name): variable
    for name, variable in variables_by_name.items()
    if names.of_backbone(name)
  }
  head = 'MobilenetV2/Logits/Conv2d_1c_1x1/biases'
  return save({**backbone, head: tf.Variable([0.0] * num_classes)}, folder)


def values(path):
  """Returns {name: array} of a checkpoint, or of a folder's newest."""
  reader = tf.train.load_checkpoint(path)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


class TinyModel(tf.Module):
  """Has variables, of distinct values; computes nothing."""

  def __init__(self, num_classes=3, channels=4, scale=1.0):
    super().__init__()
    shapes = {
      'Tiny/Conv/weights': [1, 1, 3, channels],
      'Tiny/Conv/BatchNorm/moving_mean': [channels],
      f'{HEAD}/weights': [1, 1, channels, num_classes],
      f'{HEAD}/biases': [num_classes],
    }
    self.variables_by_name = {
      name: tf.Variable(
        scale * (i + 1.0 + np.arange(np.prod(shape)).reshape(shape)),
        dtype=tf.float32,
      )
      for i, (name, shape) in enumerate(shapes.items())
    }
    self.trainable_variables_by_name = {
      name: variable
      for name, variable in self.variables_by_name.items()
      if 'moving' not in name
    }


class TestCase(tf.test.TestCase):
  """Has a folder for checkpoints, which is empty at first."""

  def setUp(self):
    super().setUp()
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.folder = os.path.join(folder, 'train_dir')
    os.mkdir(self.folder)

  def save(self, variables_by_name, step=7):
    return save(variables_by_name, self.folder, step)

  def assert_same(self, model, other, names=None):
    for name in names or model.variables_by_name:
      self.assertAllEqual(
        model.variables_by_name[name], other.variables_by_name[name]
      )
