"""Trained weights and real photographs, in both twins and all precisions.

They are in the folder that TWINSLIM_SHARED names, by default ../shared beside
this project; without them these tests are skipped.
"""

import os
import pathlib
import unittest

import numpy as np
import tensorflow as tf

from checkpoints import reader
from checkpoints import restore
from datasets import image_files
from datasets.input_pipeline import InputOptions
from runtime.model import Model
from tests.helpers import networks as testing

_PROJECT = str(pathlib.Path(__file__).absolute().parents[2])
_SHARED = os.environ.get(
  'TWINSLIM_SHARED', os.path.join(os.path.dirname(_PROJECT), 'shared')
)
_CHECKPOINT = os.path.join(_SHARED, 'pretrained', 'mobilenet_v2_1.0_224.ckpt')
_PHOTOS = os.path.join(_SHARED, 'photos')
_LABELS = {
  'bird.bmp': 20,
  'cat.bmp': 286,
  'grace_hopper.bmp': 653,
  'sunflower.bmp': 986,
}
_IS_THERE = os.path.exists(_CHECKPOINT + '.index') and os.path.isdir(_PHOTOS)

# (data_format, compute_dtype, bound on the deviation from slim's logits)
_FAST = (
  ('NHWC', tf.float32, 1e-4),
  ('NCHW', tf.float32, 1e-4),
  ('NHWC', tf.bfloat16, 0.025),
  ('NCHW', tf.bfloat16, 0.025),
  ('NHWC', tf.float16, 0.005),  # NCHW by XLA: half_precision_test.
)


def _photos(preprocessing_name):
  """Returns float32 [4, 224, 224, 3], in the order of _LABELS."""
  paths = [os.path.join(_PHOTOS, name) for name in _LABELS]
  options = InputOptions(len(paths), 224, preprocessing_name)
  return np.stack(
    [image_files.open_image(path, options).prepared for path in paths]
  )


def _logits(photos, implementation, **options):
  model = Model('mobilenet_v2', 1001, implementation, **options).build()
  restore.for_evaluation(model, reader.open_checkpoint(_CHECKPOINT))
  return testing.run(model, photos)[0]


@unittest.skipUnless(_IS_THERE, f'no pretrained/ and photos/ in {_SHARED}')
class PhotosTest(tf.test.TestCase):
  def check_labels(self, logits):
    self.assertEqual(list(_LABELS.values()), logits.argmax(axis=-1).tolist())

  def test_the_whole_photographs(self):
    photos = _photos('lenet')
    slim_logits = _logits(photos, 'slim')
    self.check_labels(slim_logits)
    for data_format, compute_dtype, bound in _FAST:
      if not testing.is_computed(compute_dtype, data_format):
        continue
      with self.subTest(data_format=data_format, dtype=compute_dtype.name):
        logits = _logits(
          photos, 'fast', data_format=data_format, compute_dtype=compute_dtype
        )
        self.check_labels(logits)
        deviation = testing.deviation(logits, slim_logits)
        self.assertLess(deviation, bound)
        if compute_dtype != tf.float32:
          self.assertGreater(deviation, 1e-5)  # It did compute in that type.

  def test_their_middle_as_slim_evaluates(self):
    self.check_labels(_logits(_photos('inception'), 'fast'))


if __name__ == '__main__':
  tf.test.main()
