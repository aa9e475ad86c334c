"""Windows and changes of colour as they are drawn: 2000 of each."""

import numpy as np
import tensorflow as tf

from datasets import preprocessing


def _shares(windows, height, width):
  """Area, aspect ratio and place of windows, as parts of what is possible."""
  top, left, rows, columns = windows.T
  return (
    rows * columns / (height * width),
    columns / rows,
    top / np.maximum(height - rows, 1),
    left / np.maximum(width - columns, 1),
  )


class DrawTest(tf.test.TestCase):
  def test_windows_are_drawn_as_tensorflow_draws_them(self):
    # In tiny images it shows that TensorFlow's leave out the last place.
    for height, width in (375, 500), (500, 375), (200, 900):
      expected, actual = [], []
      for i in range(2000):
        begin, size, _ = tf.raw_ops.StatelessSampleDistortedBoundingBox(
          image_size=[height, width, 3],
          bounding_boxes=tf.zeros([1, 0, 4]),
          min_object_covered=0.0,
          seed=[5, i],
          area_range=[0.05, 1],
          aspect_ratio_range=[3 / 4, 4 / 3],
          use_image_if_no_bounding_boxes=True,
        )
        expected.append([*begin.numpy()[:2], *size.numpy()[:2]])
        actual.append(
          preprocessing.random_window(height, width, 'inception', [5, i])
        )
      self.assert_same_windows(expected, actual, height, width)

  def assert_same_windows(self, expected, actual, height, width):
    """Asserts that 2000 windows of an image are drawn as 2000 others."""
    actual, expected = np.array(actual), np.array(expected)
    self.assertAllInRange(actual[:, :2], 0, max(height, width))
    self.assertAllLessEqual(actual[:, 0] + actual[:, 2], height)
    self.assertAllLessEqual(actual[:, 1] + actual[:, 3], width)
    for share in _shares(actual, height, width):
      self.assertAllInRange(share, 0, 1.4)
    for ours, theirs in zip(
      _shares(actual, height, width), _shares(expected, height, width)
    ):
      quantiles = np.linspace(0.01, 0.99, 9)
      # The quantiles of 2000 draws scatter by 0.011 where they are widest.
      self.assertAllClose(
        np.quantile(theirs, quantiles),
        np.quantile(ours, quantiles),
        rtol=0,
        atol=0.05,
      )
      self.assertAllClose(theirs.mean(), ours.mean(), rtol=0, atol=0.03)

  def test_graphs_draw_the_same_windows(self):
    height, width = 375, 500
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([rows, columns, columns], -1).astype(np.float32)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(1)
      window = preprocessing.sample_window(tf.constant(image), 'inception')
      self.assertEqual([None, None, 3], window.shape.as_list())
      window = tf.concat(
        [tf.cast(window[0, 0, :2], tf.int32), tf.shape(window)[:2]], axis=0
      )
      drawn = [session.run(window) for _ in range(2000)]
    self.assert_same_windows(
      [
        preprocessing.random_window(height, width, 'inception', [5, i])
        for i in range(2000)
      ],
      drawn,
      height,
      width,
    )

  def test_windows_show_some_of_a_box(self):
    image = np.zeros([100, 100, 3], np.uint8)
    image[80:90, 20:40] = 255
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(2)
      window = preprocessing.sample_window(
        tf.constant(image),
        'inception',
        boxes=tf.constant([[[0.8, 0.2, 0.9, 0.4]]]),
      )
      shown = tf.reduce_sum(tf.cast(window[..., 0] > 0, tf.int32))
      counts = [session.run(shown) for _ in range(200)]
    self.assertGreaterEqual(min(counts), 0.1 * 10 * 20)
    self.assertLess(min(counts), 10 * 20)

  def test_graphs_draw_the_same_changes(self):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      tf.compat.v1.set_random_seed(3)
      changes = preprocessing.sample_changes('inception')
      drawn = np.array([session.run(changes) for _ in range(2000)])
      none = session.run(preprocessing.sample_changes('lenet'))
    self.assertAllEqual(np.zeros([5]), none)
    low = np.array([-1, -32 / 255, 0.5, -0.2, 0.5])
    high = np.array([1, 32 / 255, 1.5, 0.2, 1.5])
    for share in (drawn - low).T / (high - low)[:, np.newaxis]:
      quantiles = np.linspace(0.01, 0.99, 9)
      self.assertAllClose(quantiles, np.quantile(share, quantiles), atol=0.05)
    self.assertAllInRange(np.corrcoef(drawn.T) - np.eye(5), -0.1, 0.1)

  def test_changes_do_not_depend_on_each_other_or_on_the_window(self):
    drawn = np.array(
      [
        [
          *preprocessing.random_changes('inception', [2, i]),
          *preprocessing.random_window(300, 400, 'inception', [2, i]),
        ]
        for i in range(2000)
      ]
    )
    # Of the window only the size: its place depends on it.
    correlations = np.corrcoef(drawn[:, [0, 1, 2, 3, 4, 7]].T)
    self.assertAllInRange(correlations - np.eye(6), -0.1, 0.1)
    low, high = drawn[:, :5].min(0), drawn[:, :5].max(0)
    self.assertAllClose([-1, -32 / 255, 0.5, -0.2, 0.5], low, atol=0.01)
    self.assertAllClose([1, 32 / 255, 1.5, 0.2, 1.5], high, atol=0.01)


if __name__ == '__main__':
  tf.test.main()
