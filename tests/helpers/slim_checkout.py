"""A program in slim's manner, to run in a folder that looks like a checkout.

  python slim_checkout.py --dataset_dir=RECORDS --train_dir=RUN

Knows tf-slim, and nets/ as slim's programs know it; nothing else of this
project. Trains on RECORDS/train.tfrecord, evaluates RECORDS/test.tfrecord, and
prints the metrics of both implementations as JSON.
"""

import json
import os

import tensorflow.compat.v1 as tf
import tf_slim as slim

from nets import nets_factory

tf.app.flags.DEFINE_string('dataset_dir', None, 'Folder of the records.')
tf.app.flags.DEFINE_string('train_dir', None, 'Folder of the checkpoints.')
FLAGS = tf.app.flags.FLAGS

_NAME = 'mobilenet_v1_025'
_SIZE = 32
_CLASSES = 5
_BATCH = 4
_DECAY = 0.9999


def _count(path):
  return sum(1 for _ in tf.io.tf_record_iterator(path))


def _get_split(split_name):
  path = os.path.join(FLAGS.dataset_dir, f'{split_name}.tfrecord')
  decoder = slim.tfexample_decoder.TFExampleDecoder(
    {
      'image/encoded': tf.FixedLenFeature((), tf.string, default_value=''),
      'image/format': tf.FixedLenFeature((), tf.string, default_value='png'),
      'image/class/label': tf.FixedLenFeature([], tf.int64),
    },
    {
      'image': slim.tfexample_decoder.Image(),
      'label': slim.tfexample_decoder.Tensor('image/class/label'),
    },
  )
  return slim.dataset.Dataset(
    data_sources=path,
    reader=tf.TFRecordReader,
    decoder=decoder,
    num_samples=_count(path),
    items_to_descriptions={'image': 'An image.', 'label': 'Its class.'},
    num_classes=_CLASSES,
  )


def _batches(dataset, shuffle):
  provider = slim.dataset_data_provider.DatasetDataProvider(
    dataset,
    shuffle=shuffle,
    common_queue_capacity=2 * _BATCH,
    common_queue_min=_BATCH if shuffle else 0,
  )
  image, label = provider.get(['image', 'label'])
  image = tf.image.convert_image_dtype(image, tf.float32)
  image = tf.image.resize_bilinear([image], [_SIZE, _SIZE])[0]
  return tf.train.batch([(image - 0.5) * 2, label], batch_size=_BATCH)


def _train():
  with tf.Graph().as_default():
    global_step = slim.create_global_step()
    images, labels = _batches(_get_split('train'), shuffle=True)
    network_fn = nets_factory.get_network_fn(
      _NAME, num_classes=_CLASSES, weight_decay=4e-5, is_training=True
    )
    logits, _ = network_fn(images)
    tf.losses.softmax_cross_entropy(
      slim.one_hot_encoding(labels, _CLASSES), logits, label_smoothing=0.1
    )
    averages = tf.train.ExponentialMovingAverage(_DECAY, global_step)
    tf.add_to_collection(
      tf.GraphKeys.UPDATE_OPS, averages.apply(slim.get_model_variables())
    )
    optimizer = tf.train.RMSPropOptimizer(0.03, momentum=0.9, epsilon=1.0)
    slim.learning.train(
      slim.learning.create_train_op(tf.losses.get_total_loss(), optimizer),
      logdir=FLAGS.train_dir,
      number_of_steps=20,
      save_summaries_secs=600,
      save_interval_secs=600,
    )


def _evaluate(implementation):
  """Returns {name: value} of the averages' metrics."""
  with tf.Graph().as_default():
    global_step = slim.get_or_create_global_step()
    dataset = _get_split('test')
    images, labels = _batches(dataset, shuffle=False)
    network_fn = nets_factory.get_network_fn(
      _NAME, num_classes=_CLASSES, implementation=implementation
    )
    logits, _ = network_fn(images)
    averages = tf.train.ExponentialMovingAverage(_DECAY, global_step)
    restored = averages.variables_to_restore(slim.get_model_variables())
    loss = tf.losses.softmax_cross_entropy(
      slim.one_hot_encoding(labels, _CLASSES), logits
    )
    values, updates = slim.metrics.aggregate_metric_map(
      {
        'Accuracy': slim.metrics.streaming_accuracy(
          tf.argmax(logits, 1), labels
        ),
        'Loss': slim.metrics.streaming_mean(loss),
      }
    )
    metrics = slim.evaluation.evaluate_once(
      master='',
      checkpoint_path=tf.train.latest_checkpoint(FLAGS.train_dir),
      logdir=os.path.join(FLAGS.train_dir, 'eval'),
      num_evals=dataset.num_samples // _BATCH,
      eval_op=list(updates.values()),
      final_op=values,
      variables_to_restore={**restored, global_step.op.name: global_step},
    )
    return {name: float(value) for name, value in metrics.items()}


def main(_):
  _train()
  print(json.dumps({name: _evaluate(name) for name in ('slim', 'fast')}))


if __name__ == '__main__':
  tf.app.run()
