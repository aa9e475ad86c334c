"""Dropout by a seed, of both implementations: statistics by hand."""

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.tf_slim_compat import slim
from fast import dropout as fast_dropout
from fast.layout import Setup
from nets import dropout as slim_dropout
from specs import nasnet
from specs import networks

_KEEP_PROB = 0.8
_SHAPE = (200, 1, 1, 300)
_ONES = np.ones(_SHAPE, np.float32)


def _slim(net, seed, keep_prob=_KEEP_PROB, is_training=True):
  with (
    slim.arg_scope([slim.dropout], is_training=is_training),
    slim.arg_scope([slim_dropout.dropout], seed=seed),
  ):
    return slim_dropout.dropout(net, keep_prob=keep_prob, scope='Dropout')


def _fast(net, seed, keep_prob=_KEEP_PROB, is_training=True):
  setup = Setup(is_training, seed=seed)
  return fast_dropout.dropout(tf.convert_to_tensor(net), keep_prob, setup)


def _slim_path(net, seed, place):
  with slim.arg_scope([slim_dropout.drop_path], seed=seed):
    return slim_dropout.drop_path(net, _KEEP_PROB, place)


def _fast_path(net, seed, place):
  setup = Setup(True, seed=seed)
  return fast_dropout.drop_path(
    tf.convert_to_tensor(net), _KEEP_PROB, place, setup
  )


_DROPOUTS = {'slim': _slim, 'fast': _fast}
_DROP_PATHS = {'slim': _slim_path, 'fast': _fast_path}


class DropoutTest(parameterized.TestCase, tf.test.TestCase):
  def assert_near(self, probability, values, deviations=4.0):
    """Compares means of bools with what independent draws may be off by."""
    count = np.size(values) // np.size(np.mean(values, axis=-1))
    error = np.sqrt(probability * (1 - probability) / count)
    self.assertLess(
      np.abs(np.mean(values, axis=-1) - probability).max(), deviations * error
    )

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_share_and_scale(self, implementation):
    net = _DROPOUTS[implementation](_ONES, (7, 3)).numpy()
    kept = net[:, 0, 0, :] != 0
    self.assertAllEqual([0.0, np.float32(1 / 0.8)], np.unique(net))
    self.assert_near(0.8, kept.reshape(-1))
    # Of each image, and of each channel: the worst of hundreds.
    self.assert_near(0.8, kept, 5.0)
    self.assert_near(0.8, kept.T, 5.0)

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_draws_are_independent(self, implementation):
    """Those of steps, of runs, of images: they agree as often as by chance."""

    def kept(seed):
      return _DROPOUTS[implementation](_ONES, seed).numpy()[:, 0, 0, :] != 0

    first, by_chance = kept((7, 3)), 0.8**2 + 0.2**2
    self.assertAllEqual(first, kept((7, 3)))
    for other in (kept((7, 4)), kept((8, 3)), kept((3, 7))):
      self.assert_near(by_chance, (first == other).reshape(-1))
    self.assert_near(by_chance, (first[1:] == first[:-1]).reshape(-1))

  def test_both_drop_the_same(self):
    """By XLA, too, and in every precision."""
    net = np.random.default_rng(0).uniform(0.5, 1, [3, 5, 4, 7]).astype('f')
    by_xla = tf.function(_fast, jit_compile=True, autograph=False)
    for step in range(8):
      expected = _slim(net, (7, step)).numpy()
      self.assertAllEqual(expected, _fast(net, (7, step)))
      self.assertAllClose(expected, by_xla(net, tf.constant([7, step])))
    for compute_dtype in networks.COMPUTE_DTYPES:
      half = _fast(tf.cast(net, compute_dtype), (7, step))
      self.assertEqual(compute_dtype, half.dtype.name)
      self.assertAllEqual(expected == 0, half.numpy() == 0)

  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_drops_nothing(self, implementation):
    drop = _DROPOUTS[implementation]
    for seed in (None, (7, 3)):
      self.assertAllEqual(_ONES, drop(_ONES, seed, keep_prob=1.0))
      self.assertAllEqual(_ONES, drop(_ONES, seed, is_training=False))

  def test_without_a_seed_it_is_slims(self):
    """Bit for bit, whether the arg_scope or the call says how much."""

    def run(dropout, **arguments):
      with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.set_random_seed(1)
        with slim.arg_scope([slim.dropout], keep_prob=0.3):
          return session.run(dropout(_ONES, scope='Dropout', **arguments))

    for arguments in ({}, {'keep_prob': 0.6}):
      self.assertAllEqual(
        run(slim.dropout, **arguments), run(slim_dropout.dropout, **arguments)
      )

  def test_arg_scope_of_slims_dropout(self):
    """What published scopes say of slim.dropout counts with a seed, too."""
    expected = _slim(_ONES, (7, 3), keep_prob=0.3)
    with (
      slim.arg_scope([slim.dropout], keep_prob=0.3),
      slim.arg_scope([slim_dropout.dropout], seed=(7, 3)),
    ):
      self.assertAllEqual(expected, slim_dropout.dropout(_ONES))


class DropPathTest(parameterized.TestCase, tf.test.TestCase):
  @parameterized.parameters(*networks.IMPLEMENTATIONS)
  def test_whole_images(self, implementation):
    """At each place others; the same in either layout."""
    drop = _DROP_PATHS[implementation]
    net = np.ones([2000, 2, 3, 4], np.float32)

    def kept(seed, place):
      dropped = drop(net, seed, place).numpy()
      self.assertAllEqual([0.0, np.float32(1 / 0.8)], np.unique(dropped))
      self.assertAllEqual(
        dropped,
        drop(net.transpose(0, 3, 1, 2), seed, place).numpy()[:, :1, :1, :1]
        * net,
      )
      return dropped[:, 0, 0, 0] != 0

    first = kept((7, 3), 1)
    self.assertAllEqual(first, _slim_path(net, (7, 3), 1)[:, 0, 0, 0] != 0)
    self.assertLess(abs(first.mean() - 0.8), 4 * np.sqrt(0.16 / 2000))
    for other in (kept((7, 3), 2), kept((7, 4), 1), kept((8, 3), 1)):
      agreeing = np.mean(first == other)
      self.assertLess(abs(agreeing - 0.68), 4 * np.sqrt(0.68 * 0.32 / 2000))

  def test_places_differ(self):
    """From each other, and from that of dropout, which is 0."""
    places = [
      operation.place
      for cell in nasnet.resolve().cells
      for pair in cell.sums
      for operation in pair
    ]
    self.assertEqual(list(range(1, 16 * 10 + 1)), places)


if __name__ == '__main__':
  tf.test.main()
