"""What rows are held to; by hand."""

import os
import tempfile

from absl.testing import absltest
import numpy as np

from base.errors import InputError
from benchmarking import weights


class WeightsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self._path = os.path.join(folder, weights.EXPECTED)
    self._logits = np.random.default_rng(0).normal(0, 3, (8, 5)).astype('f')
    np.save(self._path, self._logits)

  def test_softmax_is_undone(self):
    exponentials = np.exp(self._logits)
    probabilities = exponentials / exponentials.sum(1, keepdims=True)
    for count in (1, 8):
      weights.check(
        weights.logits_of(probabilities[:count]), self._path, 'float32'
      )

  def test_bounds(self):
    centred = self._logits - self._logits.mean(1, keepdims=True)
    largest = np.abs(centred).max()
    for dtype, part in (('float32', 1e-3), ('bfloat16', 0.15)):
      change = np.zeros((8, 5))
      # Of five, one up and one down: the mean stays.
      change[6, :2] = [largest, -largest]
      weights.check(self._logits + 0.98 * part * change, self._path, dtype)
      with self.assertRaisesRegex(
        InputError, f'something else than TensorFlow.*{dtype} may by {part:g}'
      ):
        weights.check(self._logits + 1.02 * part * change, self._path, dtype)

  def test_nan_is_refused(self):
    self._logits[2, 3] = np.nan
    with self.assertRaisesRegex(InputError, 'something else'):
      weights.check(self._logits, self._path, 'bfloat16')

  def test_images(self):
    """Any number begins alike, and no two of them have the same colours."""
    some, many = weights.images(2, 16), weights.images(11, 16)
    np.testing.assert_array_equal(some, many[:2])
    self.assertEqual((11, 16, 16, 3), many.shape)
    self.assertBetween(np.abs(many).max(), 0.5, 1.0)
    means = many[: weights.NUM_COMPARED].mean((1, 2, 3))
    self.assertGreater(np.diff(np.sort(means)).min(), 0.01)


if __name__ == '__main__':
  absltest.main()
