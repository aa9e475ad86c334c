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
# The smallest network there is: a checkpoint of some 200 kB.
TINY = (
  '--dataset_name=digits',
  '--model_name=mobilenet_v1',
  '--depth_multiplier=0.05',
  '--train_image_size=32',
  '--batch_size=8',
  '--dropout_keep_prob=1.0',
)


class TestCase(tf.test.TestCase):
  """Has a folder that all tests of its class share."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())

  def path(self, name):
    return os.path.join(self.folder, name)
