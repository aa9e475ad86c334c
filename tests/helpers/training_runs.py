"""The training program at a few steps of a small network."""

import os
import tempfile

import tensorflow as tf

PROGRAM = 'train_image_classifier'
SMALL = (
  '--model_name=mobilenet_v1_025',
  '--train_image_size=32',
  '--batch_size=8',
  '--log_every_n_steps=1',
)
DIGITS = (*SMALL, '--dataset_name=digits')


def values(train_dir):
  """Returns {name: array} of a folder's newest checkpoint."""
  reader = tf.train.load_checkpoint(train_dir)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


class TestCase(tf.test.TestCase):
  """Has a folder that all tests of its class share."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)
