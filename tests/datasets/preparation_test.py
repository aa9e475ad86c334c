"""Preparations by name and kind, and images that a user names."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import image_files
from datasets import preparation
from datasets import preprocessing
from datasets.input_pipeline import InputOptions
from tests.helpers import image_files as testing


class PreparationTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(
    ('labels', 'inception', 'mobilenet_v2', 'lenet'),
    ('boxes', 'ssd', 'ssd_color', 'lenet'),
    ('masks', 'deeplab', 'lenet'),
  )
  def test_names(self, kind, usual, *others):
    names = preprocessing.names(kind)
    self.assertEqual(usual, names[0])
    self.assertContainsSubset(others, names)
    for name in names:
      preparation.make_preparation(name, kind)
    for other in set(preprocessing.KINDS) - {kind}:
      with self.assertRaisesRegex(
        InputError, f'preprocessing {usual} is for {kind}, not for {other}; .*'
      ):
        preparation.make_preparation(usual, other)

  @parameterized.parameters('ssd', 'ssd_color', 'lenet', 'inception')
  def test_fit_fills_the_square(self, name):
    image = testing.noise(0, 30, 40)
    made, content = preparation.fit(image, 20, name)
    self.assertEqual((20, 20), content)
    self.assertAllEqual(
      preprocessing.preprocess_for_eval(
        image, 20, 'inception' if name == 'inception' else 'lenet'
      ),
      made,
    )

  def test_fit_unknown(self):
    with self.assertRaisesRegex(InputError, 'unknown preprocessing vgg'):
      preparation.fit(testing.noise(0), 20, 'vgg')

  def test_open_image(self):
    folder = self.enter_context(tempfile.TemporaryDirectory())
    pixels = testing.noise(0, 30, 40)
    path = testing.write(folder, 'a.png', testing.encode(pixels))
    missing = os.path.join(folder, 'b.png')
    options = InputOptions(1, 45, 'deeplab')
    with self.assertRaisesRegex(
      InputError, f'^{missing}: No such file or directory$'
    ):
      image_files.open_image(missing, options)
    opened = image_files.open_image(path, options)
    self.assertAllEqual(pixels, opened.pixels)
    self.assertEqual((30, 40), opened.content)
    self.assertAllClose(pixels / 127.5 - 1, opened.prepared[:30, :40])
    self.assertAllEqual(np.zeros([15, 45, 3]), opened.prepared[30:])
    grey = image_files.open_image(path, options._replace(use_grayscale=True))
    prepared = grey.prepared
    self.assertAllEqual(prepared[..., 0], prepared[..., 2])


if __name__ == '__main__':
  tf.test.main()
