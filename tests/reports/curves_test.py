"""Curves of logs that are written here."""

import os
import tempfile

import numpy as np
from PIL import Image
import tensorflow as tf

from reports import curves


def _log(folder, values):
  """Writes {tag: {step: value}} as a run does, into a file of its own."""
  with tf.summary.create_file_writer(folder).as_default():
    for tag, by_step in values.items():
      for step, value in by_step.items():
        tf.summary.scalar(tag, value, step)


class CurvesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def test_training_and_validation_of_one_name(self):
    """Under validation/NAME, or in a log of its own; loss first."""
    _log(
      self.folder,
      {
        'Accuracy': {1: 0.25, 2: 0.5},
        'images_per_second': {1: 100.0},
        'loss': {1: 2.0, 2: 1.0},
        'validation/loss': {2: 1.5},
      },
    )
    _log(os.path.join(self.folder, 'validation'), {'Accuracy': {2: 0.75}})
    found = curves.read(self.folder)
    self.assertEqual(
      {
        'loss': {'': {1: 2.0, 2: 1.0}, 'validation/': {2: 1.5}},
        'Accuracy': {'': {1: 0.25, 2: 0.5}, 'validation/': {2: 0.75}},
      },
      found,
    )
    self.assertEqual('loss', next(iter(found)))

  def test_resumed(self):
    """Two files; a step that was made twice has its later value."""
    _log(self.folder, {'loss': {1: 4.0, 2: 3.0}})
    # Files are told apart, and sorted, by the second.
    (first,) = os.listdir(self.folder)
    os.rename(
      os.path.join(self.folder, first),
      os.path.join(self.folder, 'events.out.tfevents.1.host.1.0.v2'),
    )
    _log(self.folder, {'loss': {2: 2.0, 3: 1.0}})
    self.assertEqual(
      {1: 4.0, 2: 2.0, 3: 1.0}, curves.read(self.folder)['loss']['']
    )

  def test_pictures_are_no_curves(self):
    with tf.summary.create_file_writer(self.folder).as_default(3):
      tf.summary.image('training/1', np.zeros([1, 8, 8, 3], np.uint8))
    self.assertIsNone(curves.draw(self.folder))
    self.assertNotIn('curve.png', os.listdir(self.folder))

  def test_no_log(self):
    self.assertIsNone(curves.draw(os.path.join(self.folder, 'no')))

  def test_draws_validation_in_another_colour(self):
    _log(self.folder, {'loss': {1: 2.0, 2: 1.0}})

    def has_orange():
      picture = np.asarray(Image.open(curves.draw(self.folder)).convert('RGB'))
      return (picture == (217, 100, 44)).all(-1).any()

    self.assertFalse(has_orange())
    _log(os.path.join(self.folder, 'validation'), {'loss': {1: 2.0, 2: 1.5}})
    self.assertTrue(has_orange())


if __name__ == '__main__':
  tf.test.main()
