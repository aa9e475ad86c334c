"""TensorFlow Lite's own detections are those of detections.py."""

import os
import tempfile

import numpy as np
import tensorflow as tf

from export import quiet
from export import tflite
from specs.ssdlite import Predictions
from tasks.detection import detections
from tasks.detection import lite
from tasks.detection import options

_ANCHORS = 24
_CLASSES = 3


class LiteTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    random = np.random.RandomState(0)
    corners = random.uniform(0, 0.6, [_ANCHORS, 2])
    sizes = random.uniform(0.1, 0.4, [_ANCHORS, 2])
    self.anchors = np.float32(np.concatenate([corners, corners + sizes], 1))
    self.images = np.float32(random.normal(0, 2, [2, _ANCHORS, 4 + 1 + 3]))

  def outputs(self, images):
    return Predictions(images[..., :4], images[..., 4:])

  def written(self, folder):
    """Returns the folder, with a file that takes outputs as `images`."""
    module = tf.Module()
    module.function = tf.function(
      lambda images: lite.detect(
        self.outputs(images), tf.constant(self.anchors), options.PUBLISHED
      ),
      input_signature=[
        tf.TensorSpec([1, *self.images.shape[1:]], name='images')
      ],
      autograph=False,
    )
    saved = os.path.join(folder, 'saved')
    with quiet.silence():
      tf.saved_model.save(module, saved, signatures=module.function)
      converter = tf.lite.TFLiteConverter.from_saved_model(saved)
      converter.allow_custom_ops = True
      content = converter.convert()
    with open(os.path.join(folder, tflite.FILE), 'wb') as file:
      file.write(content)
    return folder

  def test_same_detections(self):
    expected = detections.detect(
      self.outputs(tf.constant(self.images)), tf.constant(self.anchors)
    )
    folder = self.enterContext(tempfile.TemporaryDirectory())
    found = tflite.load(self.written(folder), []).run(self.images)
    self.assertAllEqual(expected.count, found['count'])
    self.assertCountEqual(range(_CLASSES), np.unique(expected.classes))
    for number, count in enumerate(expected.count):
      self.assertGreater(count, 30)
      for name, clipped in (
        ('classes', found['classes']),
        ('scores', found['scores']),
        ('boxes', found['boxes'].clip(0, 1)),
      ):
        self.assertAllClose(
          getattr(expected, name)[number, :count],
          clipped[number, :count],
          atol=1e-5,
        )


if __name__ == '__main__':
  tf.test.main()
