"""The loss of classification, against slim's."""

import numpy as np
import tensorflow as tf

from tasks import classification


class LossTest(tf.test.TestCase):
  def test_softmax_cross_entropy_is_slims(self):
    logits = np.random.RandomState(1).normal(0, 3, [5, 7]).astype('f')
    labels = tf.constant([0, 6, 3, 3, 1], tf.int64)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      expected = session.run(
        tf.compat.v1.losses.softmax_cross_entropy(
          np.eye(7)[labels.numpy()], logits, label_smoothing=0.1
        )
      )
    self.assertAllClose(
      expected,
      classification.softmax_cross_entropy(tf.constant(logits), labels, 0.1),
    )

  def test_half_precision_logits_make_a_float32_loss(self):
    logits = tf.constant([[1.0, 2.0]], tf.float16)
    loss = classification.softmax_cross_entropy(
      logits, tf.constant([0], tf.int64)
    )
    self.assertEqual(tf.float32, loss.dtype)
    self.assertAllClose(np.log(1 + np.e), loss)


if __name__ == '__main__':
  tf.test.main()
