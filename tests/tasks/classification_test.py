"""The loss of classification, against slim's, Keras' and NumPy's."""

import keras
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

  def test_soft_labels_and_weights(self):
    """As in NumPy; also where XLA compiles it."""
    random = np.random.RandomState(2)
    logits = random.normal(0, 2, [6, 4])
    truth = random.dirichlet(np.ones(4), 6)
    weights = np.array([0.5, 2.0, 1.0, 3.0])
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = ((truth @ weights) * -((0.8 * truth + 0.05) * log).sum(1)).mean()
    for xla in False, True:
      loss_fn = tf.function(
        lambda logits, truth: classification.softmax_cross_entropy(
          logits, truth, 0.2, weights
        ),
        jit_compile=xla,
        autograph=False,
      )
      loss = loss_fn(
        tf.constant(logits, tf.float32), tf.constant(truth, tf.float32)
      )
      self.assertAllClose(expected, loss, rtol=1e-5)

  def test_weights_of_labels_are_keras(self):
    logits = np.random.RandomState(3).normal(0, 2, [6, 3]).astype('f')
    labels = np.array([0, 2, 2, 1, 0, 2])
    weights = (0.5, 4.0, 1.5)
    self.assertAllClose(
      keras.losses.SparseCategoricalCrossentropy(from_logits=True)(
        labels, logits, sample_weight=np.take(weights, labels)
      ),
      classification.softmax_cross_entropy(
        tf.constant(logits), tf.constant(labels), class_weights=weights
      ),
    )

  def test_one_hot_labels_are_labels(self):
    logits = tf.constant([[1.0, 2.0, 0.5], [3.0, 0.0, 1.0], [0.0, 0.1, 0.2]])
    labels = tf.constant([1, 2, 2], tf.int64)
    task = classification.make_task(3, 0.1, class_weights=(1.0, 2.0, 3.0))
    for function in (
      lambda labels: task.losses(logits, {'AuxLogits': -logits}, labels),
      lambda labels: task.metrics(logits, labels),
    ):
      self.assertAllClose(function(labels), function(tf.one_hot(labels, 3)))

  def test_accuracy_counts_the_larger_part(self):
    task = classification.make_task(3)
    truth = tf.constant([[0.6, 0.4, 0.0], [0.3, 0.0, 0.7], [0.45, 0.55, 0.0]])
    logits = tf.constant([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    (accuracy,) = task.metrics(logits, truth).values()
    self.assertAllClose(2 / 3, accuracy)

  def test_auxiliary_loss_has_weights_too(self):
    logits = tf.constant([[1.0, -1.0]])
    labels = tf.constant([1], tf.int64)
    plain, weighted = (
      classification.make_task(2, class_weights=weights).losses(
        logits, {'AuxLogits': logits}, labels
      )
      for weights in (None, (1.0, 5.0))
    )
    for name in plain:
      self.assertAllClose(5 * plain[name], weighted[name])


if __name__ == '__main__':
  tf.test.main()
