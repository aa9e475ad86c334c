"""What users of slim write, as they write it, against the Model's results.

Each test is one thing that slim's own pages tell users to do.
"""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow.compat.v1 as tf

from checkpoints import names
from checkpoints import reader
from checkpoints import restore
from checkpoints import writer
from datasets import catalog
from datasets import dataset_factory
from datasets import preprocessing as our_preprocessing
from datasets import tfrecord
from nets import nets_factory
from nets.mobilenet import mobilenet_v2
from nets.tf_slim_compat import slim
from preprocessing import preprocessing_factory
from runtime.model import Model
from specs import cost
from specs import networks
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import parity
from tests.helpers import soak

_NAME = 'mobilenet_v2_035'
_HEAD = 'MobilenetV2/Logits'
_SIZE = 32
_CLASSES = 5
_COUNT = 12  # examples of each split
_BATCH = 4
_LEARNING_RATE = 1e-5  # at random weights gradients are steep


def _images(count):
  return (
    np.random.RandomState(0)
    .uniform(-1, 1, [count, _SIZE, _SIZE, 3])
    .astype(np.float32)
  )


def _write_flowers(folder):
  """Writes both splits, in two files each; images of several sizes."""
  for split, seed in ('train', 0), ('validation', 100):
    for shard in range(2):
      name = f'flowers_{split}_{shard:05d}-of-00002.tfrecord'
      with tf.io.TFRecordWriter(os.path.join(folder, name)) as file:
        for i in range(shard, _COUNT, 2):
          image = image_files.noise(seed + i, 40 + i, 50)
          example = tfrecord.make_example(
            image_files.encode(image), 'png', i % _CLASSES, *image.shape[:2]
          )
          file.write(example.SerializeToString())


def _evaluate(model, folder):
  """Returns (logits, labels) of the validation split, by this project."""
  dataset = catalog.get_dataset('flowers', 'validation', folder)
  examples = [dataset.read(i, None) for i in range(_COUNT)]
  images = [
    our_preprocessing.preprocess_for_eval(example.image, _SIZE, _NAME)
    for example in examples
  ]
  logits, _ = testing.run_eagerly(model, np.stack(images))
  return logits, np.array([example.target for example in examples])


def _cross_entropy(logits, labels):
  shifted = logits - logits.max(1, keepdims=True)
  log_sums = np.log(np.exp(shifted).sum(1))
  return np.mean(log_sums - shifted[np.arange(len(labels)), labels])


def _batches(dataset, is_training):
  """Returns the tensors (images, labels) of queues, as slim's programs do."""
  provider = slim.dataset_data_provider.DatasetDataProvider(
    dataset,
    shuffle=is_training,
    common_queue_capacity=20 * _BATCH,
    common_queue_min=10 * _BATCH if is_training else 0,
  )
  image, label = provider.get(['image', 'label'])
  preprocess = preprocessing_factory.get_preprocessing(
    _NAME, is_training=is_training
  )
  return tf.train.batch(
    [preprocess(image, _SIZE, _SIZE), label],
    batch_size=_BATCH,
    capacity=5 * _BATCH,
  )


class SlimUsageTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def save(self, variables_by_name):
    return writer.save(writer.make_writer(variables_by_name, self.folder), 7)

  @soak.slow
  def test_evaluate_a_checkpoint_by_the_mobilenet_page(self):
    """Averages are 2 % larger in every layer: others would not predict so."""
    model = testing.ruled_model('mobilenet_v2', 1001, image_size=_SIZE)
    variables = model.variables_by_name
    averages = {
      names.average_of(name): tf.Variable(
        variable * (1.02 if variable.trainable else 1.0), trainable=False
      )
      for name, variable in variables.items()
    }
    path = self.save({**variables, **averages})
    restore.for_evaluation(
      model, reader.open_checkpoint(path), moving_average_decay=0.999
    )
    expected = testing.run_eagerly(model, _images(3))[1]['Predictions']

    with tf.Graph().as_default():
      images = tf.placeholder(tf.float32, [None, _SIZE, _SIZE, 3])
      with slim.arg_scope(mobilenet_v2.training_scope(is_training=False)):
        _, endpoints = mobilenet_v2.mobilenet(images)
      average = tf.train.ExponentialMovingAverage(0.999)
      saver = tf.train.Saver(average.variables_to_restore())
      with tf.Session() as session:
        saver.restore(session, path)
        predictions = endpoints['Predictions'].eval({images: _images(3)})
    self.assertGreater(predictions.max(), 0.01)
    self.assertAllClose(expected, predictions, rtol=1e-3, atol=1e-6)

  def test_build_by_name_with_its_preprocessing(self):
    model = testing.ruled_model(_NAME, _CLASSES, image_size=_SIZE)
    path = self.save(model.variables_by_name)
    image = image_files.noise(3, 300, 200)
    size = model.default_image_size
    expected, _ = testing.run_eagerly(
      model,
      our_preprocessing.preprocess_for_eval(image, size, _NAME)[np.newaxis],
    )
    with tf.Graph().as_default(), tf.Session() as session:
      network_fn = nets_factory.get_network_fn(
        _NAME, num_classes=_CLASSES, weight_decay=4e-5, is_training=False
      )
      self.assertEqual(224, network_fn.default_image_size)
      preprocess = preprocessing_factory.get_preprocessing(
        _NAME, is_training=False
      )
      given = tf.placeholder(tf.uint8, [None, None, 3])
      processed = preprocess(
        given, network_fn.default_image_size, network_fn.default_image_size
      )
      logits, _ = network_fn(tf.expand_dims(processed, 0))
      tf.train.Saver(slim.get_model_variables()).restore(session, path)
      result = session.run(logits, {given: image})
    self.assertGreater(np.ptp(result), 0.5)
    self.assertLess(testing.deviation(result, expected), 1e-4)

  def test_data_through_a_provider_and_a_queue(self):
    _write_flowers(self.folder)
    dataset = dataset_factory.get_dataset('flowers', 'train', self.folder)
    with tf.Graph().as_default(), tf.Session() as session:
      tf.set_random_seed(0)
      images, labels = _batches(dataset, is_training=True)
      self.assertEqual([_BATCH, _SIZE, _SIZE, 3], images.shape.as_list())
      one_hot = slim.one_hot_encoding(labels, dataset.num_classes)
      coordinator = tf.train.Coordinator()
      threads = tf.train.start_queue_runners(session, coordinator)
      batches = [session.run([images, labels, one_hot]) for _ in range(20)]
      coordinator.request_stop()
      coordinator.join(threads)
    images, labels, one_hot = map(np.concatenate, zip(*batches))
    self.assertCountEqual(range(_CLASSES), set(labels))
    self.assertAllEqual(np.eye(_CLASSES)[labels], one_hot)
    self.assertAllInRange(images, -1, 1)
    # None comes twice alike: examples are shuffled, and changed anew.
    self.assertLen({image.tobytes() for image in images}, len(images))

  def train(self, start, steps):
    """Trains from a checkpoint of 1001 classes; returns the last loss."""
    with tf.Graph().as_default():
      tf.set_random_seed(0)
      dataset = dataset_factory.get_dataset('flowers', 'train', self.folder)
      images, labels = _batches(dataset, is_training=True)
      network_fn = nets_factory.get_network_fn(
        _NAME, dataset.num_classes, weight_decay=4e-5, is_training=True
      )
      logits, _ = network_fn(images)
      slim.losses.softmax_cross_entropy(
        logits, slim.one_hot_encoding(labels, dataset.num_classes)
      )
      self.assertLen(slim.losses.get_regularization_losses(), 36)
      total_loss = slim.losses.get_total_loss()
      tf.summary.scalar('total_loss', total_loss)
      train_op = slim.learning.create_train_op(
        total_loss, tf.train.GradientDescentOptimizer(_LEARNING_RATE)
      )
      return slim.learning.train(
        train_op,
        os.path.join(self.folder, 'run'),
        init_fn=slim.assign_from_checkpoint_fn(
          start, slim.get_variables_to_restore(exclude=[_HEAD, 'global_step'])
        ),
        number_of_steps=steps,
        log_every_n_steps=1,
        save_summaries_secs=600,
      )

  def evaluate(self):
    """Returns the metrics of the last checkpoint, by slim."""
    with tf.Graph().as_default():
      tf.train.get_or_create_global_step()
      dataset = dataset_factory.get_dataset(
        'flowers', 'validation', self.folder
      )
      images, labels = _batches(dataset, is_training=False)
      logits, _ = nets_factory.get_network_fn(_NAME, dataset.num_classes)(
        images
      )
      loss = tf.losses.softmax_cross_entropy(
        slim.one_hot_encoding(labels, dataset.num_classes), logits
      )
      values, updates = slim.metrics.aggregate_metric_map(
        {
          'Accuracy': slim.metrics.streaming_accuracy(
            tf.argmax(logits, 1), labels
          ),
          'Recall_2': slim.metrics.streaming_recall_at_k(logits, labels, 2),
          'Loss': slim.metrics.streaming_mean(loss),
        }
      )
      run = os.path.join(self.folder, 'run')
      return slim.evaluation.evaluate_once(
        master='',
        checkpoint_path=tf.train.latest_checkpoint(run),
        logdir=os.path.join(run, 'eval'),
        num_evals=dataset.num_samples // _BATCH,
        eval_op=list(updates.values()),
        final_op=values,
        variables_to_restore=slim.get_variables_to_restore(),
      )

  @soak.slow
  def test_train_and_evaluate(self):
    """Fine-tunes all but the head; the checkpoint reads the same here."""
    _write_flowers(self.folder)
    pretrained = testing.ruled_model(_NAME, 1001, image_size=_SIZE)
    start = self.save(pretrained.variables_by_name)
    loss = self.train(start, steps=3)
    self.assertBetween(loss, 0.5, 10)
    metrics = self.evaluate()

    model = Model(_NAME, _CLASSES).build(_SIZE)
    report = model.restore(os.path.join(self.folder, 'run'))
    self.assertEqual(3, report.step)
    # Where it started from, and that it went on from there.
    before = pretrained.variables_by_name
    distances = {
      name: testing.deviation(variable, before[name])
      for name, variable in model.variables_by_name.items()
      if not name.startswith(_HEAD)
    }
    self.assertLen(distances, len(before) - 2)
    self.assertLess(max(distances.values()), 0.5)
    for name in 'weights', 'BatchNorm/beta', 'BatchNorm/moving_mean':
      self.assertGreater(distances[f'MobilenetV2/Conv/{name}'], 1e-5)
    logits, labels = _evaluate(model, self.folder)
    self.assertGreater(np.ptp(logits), 0.05)
    ranked = np.argsort(logits) == labels[:, np.newaxis]
    self.assertAllClose(np.mean(ranked[:, -1]), metrics['Accuracy'])
    self.assertAllClose(np.mean(ranked[:, -2:].any(1)), metrics['Recall_2'])
    loss = _cross_entropy(logits, labels)
    self.assertAllClose(loss, metrics['Loss'], rtol=1e-4)

  @parameterized.parameters(*networks.NETWORKS)
  def test_by_name_through_the_maps(self, name):
    quick = set(parity.FAMILIES) - {parity.LONGEST}
    soak.skip_slow(self, name not in quick)
    with tf.Graph().as_default():
      scope = nets_factory.arg_scopes_map[name](weight_decay=1e-3)
      with slim.arg_scope(scope):
        logits, end_points = nets_factory.networks_map[name](
          tf.zeros([2, 64, 64, 3]), num_classes=_CLASSES, is_training=False
        )
      self.assertEqual([2, _CLASSES], logits.shape.as_list())
      self.assertIn('Predictions', end_points)
      counted = cost.count(networks.convolutions(name, 64, 64, _CLASSES))
      sizes = [v.shape.num_elements() for v in tf.trainable_variables()]
      self.assertEqual(counted.trainable, sum(sizes))
      self.assertNotEmpty(tf.losses.get_regularization_losses())


if __name__ == '__main__':
  tf.test.main()
