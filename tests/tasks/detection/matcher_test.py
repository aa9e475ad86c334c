"""The matcher's decisions, each with numbers small enough to see."""

from absl.testing import parameterized
import tensorflow as tf

from tasks.detection import matcher


class MatcherTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.named_parameters(
    # (overlap [boxes, anchors], weights, match)
    ('half_is_enough', [[0.9, 0.5, 0.49, 0.0]], [1.0], [0, 0, -1, -1]),
    ('the_best_box', [[0.6, 0.9], [0.7, 0.6]], [1.0, 1.0], [1, 0]),
    ('a_tie_goes_to_the_lower_box', [[0.9, 0.6], [0.9, 0.7]], [0, 0], [0, 1]),
    ('each_box_gets_an_anchor', [[0.3, 0.2, 0.1]], [1.0], [0, -1, -1]),
    (
      'over_a_better_match',  # anchor 0 is box 0's by 0.9, but box 1's best
      [[0.9, 0.95], [0.6, 0.1]],
      [1.0, 1.0],
      [1, 0],
    ),
    ('a_tie_goes_to_the_lower_anchor', [[0.2, 0.4, 0.4]], [1.0], [-1, 0, -1]),
    (
      'of_two_that_want_one_the_other_gets_none',
      [[0.4, 0.1], [0.45, 0.3]],
      [1.0, 1.0],
      [0, -1],
    ),
    ('without_overlap_anchor_0', [[0.0, 0.0]], [1.0], [0, -1]),
    ('weight_0_forces_nothing', [[0.4, 0.1]], [0.0], [-1, -1]),
    ('weight_0_matches', [[0.4, 0.6]], [0.0], [-1, 0]),
    (
      'weight_0_does_not_hold_a_forced_anchor',
      [[0.9, 0.0], [0.3, 0.2]],
      [0.0, 0.5],
      [1, -1],
    ),
  )
  def test_match(self, overlap, weights, expected):
    overlap, weights = tf.constant(overlap), tf.constant(weights, tf.float32)
    match = matcher.match(overlap, weights)
    self.assertEqual(tf.int32, match.dtype)
    self.assertAllEqual(expected, match)
    # A box that fills a batch up changes nothing.
    filled = matcher.match(
      tf.pad(overlap, [[0, 1], [0, 0]]), tf.pad(weights, [[0, 1]])
    )
    self.assertAllEqual(expected, filled)

  def test_no_box(self):
    self.assertAllEqual(
      [[-1, -1, -1]], matcher.match(tf.zeros([1, 0, 3]), tf.zeros([1, 0]))
    )

  def test_images_are_apart(self):
    overlap = tf.constant([[[0.9, 0.1]], [[0.1, 0.9]]])
    self.assertAllEqual(
      [[0, -1], [-1, 0]], matcher.match(overlap, tf.ones([2, 1]))
    )


if __name__ == '__main__':
  tf.test.main()
