"""What is too far from a checkpoint is not kept."""

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from export import verification
from tasks import classification_export

_EXPECTED = {'probabilities': np.float32([[0.6, 0.4], [0.1, 0.9]])}
_IMAGES = np.zeros([2, 1, 1, 3], np.float32)


class VerificationTest(parameterized.TestCase):
  def check(self, precision, first, second, agreeing=None):
    """Returns the Agreement of a file that finds these probabilities."""
    found = iter([np.float32([first]), np.float32([second])])
    return verification.check(
      lambda images: {'probabilities': next(found)},
      _IMAGES,
      _EXPECTED,
      classification_export.EXPORTED,
      verification.bound(precision, agreeing),
    )

  def test_all_batches_count(self):
    difference, agreeing = self.check('int8', [0.6, 0.4], [0.7, 0.3])
    self.assertAlmostEqual(0.6, difference, places=6)
    self.assertEqual(0.5, agreeing)

  def test_of_equal_classes_either_is_right(self):
    even = {'probabilities': np.float32([[0.5, 0.5]])}
    other = {'probabilities': np.float32([[0.4999999, 0.5000001]])}
    compare = classification_export.EXPORTED.compare
    self.assertEqual(1.0, compare(even, other).agreeing)

  @parameterized.parameters(
    ('float32', [0.6002, 0.3998], [0.1, 0.9]),
    ('float16', [0.55, 0.45], [0.1, 0.9]),
    ('float32', [np.nan, np.nan], [0.1, 0.9]),
    ('float16', [0.6, 0.4], [np.nan, np.nan]),
    ('int8', [0.4, 0.6], [0.9, 0.1]),
  )
  def test_too_far(self, precision, *found):
    with self.assertRaisesRegex(
      InputError,
      'the file does not compute what the checkpoint does: largest difference '
      r'.* \(--min_agreement\); nothing is kept: try --precision=float32',
    ):
      self.check(precision, *found)

  def test_another_bound(self):
    with self.assertRaisesRegex(InputError, '60% must agree'):
      self.check('int8', [0.6, 0.4], [0.7, 0.3], 0.6)

  @parameterized.parameters(
    ('float32', [0.60002, 0.39998]),
    ('float16', [0.58, 0.42]),
    ('int8', [0.4, 0.6]),
  )
  def test_near_enough(self, precision, first):
    self.check(precision, first, [0.1, 0.9])


if __name__ == '__main__':
  absltest.main()
