"""Batches of preprocessed images, in an order that follows from a seed.

Every example of a run has a position: 0, 1, 2, ... over all epochs. Position
gives epoch and place; a permutation drawn from (seed, epoch) gives the place's
example, and (seed, position) its augmentation. So any step of a run can be
made by itself, before anything is read, and a run of several readers can
divide the positions among them.
"""

import functools
import threading

import numpy as np
import tensorflow as tf

from datasets import images
from datasets import preprocessing
from errors import InputError

# In place of a label, with an empty image.
_SKIP = -1
_STOP = -2

_NAMED_IN_ERROR = 10


class BadImages:
  """The images that cannot be read: skipped up to a limit, then the end.

  Readers in several threads report here, and `check` tells the program. An
  image counts once, however often it is met.
  """

  def __init__(self, limit=0):
    """At most `limit` images are skipped."""
    self.limit = limit
    self.messages = []  # One for each image: 'name: reason'.
    self._fatal = None
    self._lock = threading.Lock()

  def add(self, message):
    """Notes an image; returns whether it may be skipped."""
    with self._lock:
      if message not in self.messages:
        self.messages.append(message)
      return len(self.messages) <= self.limit

  def stop(self, message):
    """Notes what no limit covers."""
    with self._lock:
      self._fatal = self._fatal or message

  def check(self):
    """Raises InputError if the batches ended for what was noted, naming it."""
    with self._lock:
      if self._fatal:
        raise InputError(self._fatal)
      count = len(self.messages)
      if count > self.limit:
        named = '; '.join(self.messages[:_NAMED_IN_ERROR])
        more = '; ...' if count > _NAMED_IN_ERROR else ''
        raise InputError(f'{named}{more} (unreadable images: {count}, '
                         f'allowed: {self.limit})')


def training_batches(dataset, batch_size, image_size, preprocessing_name=None,
                     seed=0, first_step=0, use_grayscale=False,
                     num_parallel_calls=tf.data.AUTOTUNE, bad_images=None,
                     cache=None):
  """Returns an endless tf.data.Dataset of training batches.

  Epochs follow each other without a gap, so a batch may straddle two.

  Args:
    dataset: a catalog.Dataset.
    batch_size, image_size: integers; images come out square.
    preprocessing_name: see preprocessing.py; None takes the data set's own.
    seed: equal seeds give equal batches, whatever the parallelism.
    first_step: the batch to begin with, as an uninterrupted run would meet it
      (if it met no bad image).
    use_grayscale: images lose their colour, and keep three channels.
    num_parallel_calls: how many examples are prepared at once.
    bad_images: a BadImages, to be given to `iterate` also. None allows none.
    cache: an ExampleCache of this data set, where decoded images are kept for
      later epochs and other batches; None keeps none. It changes no batch, but
      where an image is damaged outside of its window, which only those who
      decode it whole see.
  Returns:
    (images uint8 [batch_size, image_size, image_size, 3], which a Model takes
    as they are; labels int64 [batch_size]).
  Raises:
    InputError: the preprocessing is unknown.
  """
  name = _preprocessing_name(dataset, preprocessing_name)
  read_whole = functools.partial(_read, dataset, bad_images)

  def read(index, position):
    position_seed = [seed % 2**64, position]
    choose_window = functools.partial(
        preprocessing.random_window, name=name, seed=position_seed)
    example = cache.get(index, read_whole) if cache else None
    if example is None:
      image, label = _read(dataset, bad_images, index, choose_window)
    else:
      image, label = images.cut(example[0], choose_window), example[1]
    return image, label, preprocessing.random_changes(name, position_seed)

  def prepare(position):
    epoch = position // dataset.num_examples
    place = position % dataset.num_examples
    index = tf.random.experimental.index_shuffle(
        place, seed=tf.stack([seed, epoch]), max_index=dataset.num_examples - 1)
    image, label, changes = tf.numpy_function(
        read, [index, position], [tf.uint8, tf.int64, tf.float32],
        stateful=False)
    image = preprocessing.preprocess_for_train(
        tf.ensure_shape(image, [None, None, 3]), image_size, name, changes)
    image = preprocessing.to_uint8(_finish(image, use_grayscale))
    return image, tf.ensure_shape(label, [])

  positions = tf.data.Dataset.range(first_step * batch_size, tf.int64.max)
  examples = positions.map(prepare, num_parallel_calls=num_parallel_calls)
  batches = _drop_bad(examples).batch(batch_size, drop_remainder=True)
  return batches.prefetch(tf.data.AUTOTUNE)


def evaluation_batches(dataset, batch_size, image_size, preprocessing_name=None,
                       use_grayscale=False, num_parallel_calls=tf.data.AUTOTUNE,
                       bad_images=None):
  """Returns a tf.data.Dataset of every example once, in the stored order.

  The last batch may be smaller. Arguments and elements are those of
  training_batches, but images are float32 in [-1, 1], which rounds nothing.
  """
  name = _preprocessing_name(dataset, preprocessing_name)
  read = functools.partial(_read, dataset, bad_images)

  def prepare(index):
    image, label = tf.numpy_function(
        read, [index], [tf.uint8, tf.int64], stateful=False)
    image = preprocessing.preprocess_for_eval(
        tf.ensure_shape(image, [None, None, 3]), image_size, name)
    return _finish(image, use_grayscale), tf.ensure_shape(label, [])

  examples = tf.data.Dataset.range(dataset.num_examples).map(
      prepare, num_parallel_calls=num_parallel_calls)
  return _drop_bad(examples).batch(batch_size).prefetch(tf.data.AUTOTUNE)


def iterate(batches, bad_images):
  """Yields batches, and raises InputError where they end for bad images."""
  yield from batches
  bad_images.check()


def _preprocessing_name(dataset, preprocessing_name):
  # Checked here, for tf.data would put its own words around the error.
  name = preprocessing_name or dataset.default_preprocessing
  preprocessing.check_name(name)
  return name


def _finish(image, use_grayscale):
  return preprocessing.to_grayscale(image) if use_grayscale else image


def _drop_bad(examples):
  examples = examples.take_while(lambda image, label: label != _STOP)
  return examples.filter(lambda image, label: label != _SKIP)


def _read(dataset, bad_images, index, choose_window=None):
  """Reads and decodes an example; reports to bad_images what goes wrong.

  Nothing is raised where somebody checks bad_images: out of tf.data, an error
  would come with pages of TensorFlow's own about it.
  """
  if dataset.arrays:
    pixels, labels = dataset.arrays
    image = pixels[index]
    return (images.cut(image, choose_window) if choose_window else image,
            labels[index] - dataset.labels_offset)
  try:
    example = dataset.read_example(int(index))
    image = images.read_image(example.encoded, example.name,
                              choose_window=choose_window)
  except InputError as error:
    if bad_images is None:
      raise
    may_skip = bad_images.add(str(error))
    if len(bad_images.messages) == dataset.num_examples:
      # Or else training would search its endless epochs for a good one.
      bad_images.stop(
          f'none of the {dataset.num_examples} images can be read: {error}')
      may_skip = False
    return _no_image(_SKIP if may_skip else _STOP)
  label = example.label - dataset.labels_offset
  if 0 <= label < dataset.num_classes:
    return image, np.int64(label)
  message = (f'{example.name}: label {example.label} is none of the '
             f'{dataset.num_classes} classes of {dataset.name} '
             f'(labels_offset is {dataset.labels_offset})')
  if bad_images is None:
    raise InputError(message)
  bad_images.stop(message)
  return _no_image(_STOP)


def _no_image(label):
  return np.zeros([1, 1, 3], np.uint8), np.int64(label)
