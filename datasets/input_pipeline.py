"""Batches of preprocessed images, in an order that follows from a seed.

Every example of a run has a position: 0, 1, 2, ... over all epochs. Position
gives epoch and place; a permutation drawn from (seed, epoch) gives the place's
example, and (seed, position) its augmentation. So any step of a run can be
made alone, with nothing before it read, and several readers of a run can divide
the positions among them.
"""

from collections.abc import Iterable
from collections.abc import Iterator
import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from base.errors import InputError
from datasets import augmentation as augmentations
from datasets import catalog
from datasets import example as examples
from datasets import mixing
from datasets import part as parts
from datasets import preparation
from datasets import preprocessing
from datasets.augmentation import Augmentation
from datasets.bad_images import BadImages
from datasets.catalog import Dataset
from datasets.example import TargetError
from datasets.example_cache import ExampleCache
from datasets.mask_preprocessing import PUBLISHED
from datasets.mask_preprocessing import Scales
from datasets.preparation import Preparation


class InputOptions(NamedTuple):
  """How examples become batches; the same for all of a run."""

  batch_size: int
  image_size: int  # height and width: images come out square
  preprocessing_name: str | None = None  # None takes the data set's own
  use_grayscale: bool = False  # images lose their colour, not their channels
  num_preprocessing_threads: int = tf.data.AUTOTUNE
  seed: int = 0  # of order and augmentation, whatever the parallelism
  augmentation: Augmentation = Augmentation()  # of training alone
  scales: Scales = PUBLISHED  # of deeplab's preprocessing in training
  shrink_images: bool | None = False  # as catalog.shrunk does; None: open


def training_batches(
  dataset: Dataset,
  options: InputOptions,
  first_step: int = 0,
  bad_images: BadImages | None = None,
  cache: ExampleCache | None = None,
  part: parts.Part = parts.WHOLE,
) -> tf.data.Dataset:
  """Returns an endless tf.data.Dataset of training batches.

  Epochs follow each other without a gap, so a batch may straddle two.

  Args:
    dataset: a catalog.Dataset.
    options: InputOptions.
    first_step: the batch to begin with, as an uninterrupted run would meet it
      (if it met no bad image).
    bad_images: a BadImages, to be given to `iterate` also. None allows none.
    cache: an ExampleCache of this data set, where decoded images are kept for
      later epochs and other batches; None keeps none. It changes no batch, but
      where an image is damaged outside of its window, which only those who
      decode it whole see.
    part: of each batch; bad images move the later ones of this part alone.
  Returns:
    (images uint8 [batch_size, image_size, image_size, 3], which a Model takes
    as they are; targets as in dataset.target_spec, batched; where their size
    is unknown there, it is that of the images; of labels that are mixed,
    float32 [batch_size, num_classes]).
  Raises:
    InputError: the preprocessing is unknown, or does not suit the targets.
  """
  prepared_as = _preparation(dataset, options)
  augmentation = options.augmentation
  if options.shrink_images:
    dataset = catalog.shrunk(dataset, options.image_size)
  read = _make_augmented_read(
    dataset, options.seed, prepared_as, bad_images, cache
  )

  def prepare(position):
    index = _example_at(position, dataset.num_examples, options.seed)
    *flat, changes = tf.numpy_function(
      read,
      [index, position],
      [*_flat_types(dataset), tf.float32],
      stateful=False,
    )
    window, target, fate = _packed(dataset, flat)
    image, target = prepared_as.for_training(
      window, target, changes, options.image_size
    )
    image = preprocessing.to_uint8(_finish(image, options))
    if augmentation.changes_images:  # Noise has colours.
      image = augmentations.augment(
        image,
        augmentation,
        options.seed % 2**64,
        position,
        with_geometry=dataset.kind == preprocessing.LABELS,
      )
      image = _finish(image, options)
    return image, target, fate

  positions = parts.positions(first_step, options.batch_size, part)
  prepared = positions.map(
    prepare, num_parallel_calls=options.num_preprocessing_threads
  )
  _check_sizes(prepared, dataset, options)
  batches = _keep_good(prepared).batch(
    options.batch_size // part.count, drop_remainder=True
  )
  if augmentation.mixes:
    batches = mixing.mix(
      batches, dataset.num_classes, augmentation, options.seed, first_step
    )
  return batches.prefetch(tf.data.AUTOTUNE)


def _example_at(position, num_examples, seed):
  """Returns the index of the example at a position: epochs are shuffled."""
  return tf.random.experimental.index_shuffle(
    position % num_examples,
    seed=tf.stack([seed, position // num_examples]),
    max_index=num_examples - 1,
  )


def _make_augmented_read(
  dataset, seed, prepared_as: Preparation, bad_images, cache
):
  """Returns (index, position) -> window, target and changes of an example.

  What is random in it follows from seed and position.
  """
  read_example = functools.partial(_read, dataset, bad_images)

  def read(index, position):
    position_seed = [seed % 2**64, position]

    def choose_window(height, width, target):
      return prepared_as.choose_window(height, width, target, position_seed)

    whole = cache.get(index, read_example) if cache else None
    example = (
      read_example(index, choose_window)
      if whole is None
      else examples.cut(whole, choose_window)
    )
    target, changes = prepared_as.draw(example.target, position_seed)
    return *_flat(example._replace(target=target)), changes

  return read


def evaluation_batches(
  dataset: Dataset,
  options: InputOptions,
  bad_images: BadImages | None = None,
  part: parts.Part = parts.WHOLE,
) -> tf.data.Dataset:
  """Returns a tf.data.Dataset of every example once, in the stored order.

  The last batch may be smaller, and a part has whole batches. The rest is as in
  training_batches, but images are float32 in [-1, 1], which rounds nothing.
  """
  prepared_as = _preparation(dataset, options)
  if options.shrink_images:
    dataset = catalog.shrunk(dataset, options.image_size)

  def read(index):
    return _flat(_read(dataset, bad_images, index))

  def prepare(index):
    flat = tf.numpy_function(
      read, [index], _flat_types(dataset), stateful=False
    )
    image, target, fate = _packed(dataset, flat)
    image, target = prepared_as.for_evaluation(
      image, target, options.image_size
    )
    return _finish(image, options), target, fate

  numbers = parts.batches_once(dataset.num_examples, options.batch_size, part)
  prepared = numbers.map(
    prepare, num_parallel_calls=options.num_preprocessing_threads
  )
  _check_sizes(prepared, dataset, options)
  batches = _keep_good(prepared).batch(options.batch_size)
  return batches.prefetch(tf.data.AUTOTUNE)


def iterate(batches: Iterable, bad_images: BadImages) -> Iterator:
  """Yields batches, and raises InputError where they end for bad images."""
  yield from batches
  bad_images.check()


def _preparation(dataset, options):
  # Checked here, for tf.data would put its own words around the error.
  name = options.preprocessing_name or dataset.default_preprocessing
  return preparation.make_preparation(name, dataset.kind, options.scales)


def _check_sizes(prepared, dataset, options):
  """Raises InputError if targets are of many sizes, which make no batch."""
  _, target_spec, _ = prepared.element_spec
  if not all(
    spec.shape.is_fully_defined() for spec in tf.nest.flatten(target_spec)
  ):
    usual, *_ = preprocessing.names(dataset.kind)
    raise InputError(
      f'preprocessing {options.preprocessing_name} leaves the {dataset.kind} '
      f'of {dataset.name} as large as they are, so that they make no batch; '
      f'use {usual}'
    )


def _finish(image, options):
  if options.use_grayscale:
    return preprocessing.to_grayscale(image)
  return image


def _keep_good(prepared):
  """Ends (image, target, fate) where fate says so, and leaves out bad ones."""
  prepared = prepared.take_while(
    lambda image, target, fate: fate != examples.END
  )
  prepared = prepared.filter(lambda image, target, fate: fate == examples.KEPT)
  return prepared.map(lambda image, target, fate: (image, target))


def _flat(example):
  """Returns an Example as the arrays that tf.numpy_function passes on."""
  return [
    example.image,
    np.int32(example.fate),
    *tf.nest.flatten(example.target),
  ]


def _flat_types(dataset):
  return [
    tf.uint8,
    tf.int32,
    *(spec.dtype for spec in tf.nest.flatten(dataset.target_spec)),
  ]


def _packed(dataset, flat):
  """Returns (image, target, fate) of what _flat returned."""
  image, fate, *target = flat
  specs = tf.nest.flatten(dataset.target_spec)
  target = [
    tf.ensure_shape(part, spec.shape)
    for part, spec in zip(target, specs, strict=True)
  ]
  return (
    tf.ensure_shape(image, [None, None, 3]),
    tf.nest.pack_sequence_as(dataset.target_spec, target),
    tf.ensure_shape(fate, []),
  )


def _read(dataset, bad_images, index, choose_window=None):
  """Returns the Example at an index; reports to bad_images what goes wrong.

  Nothing is raised where somebody checks bad_images: out of tf.data, an error
  would come with pages of TensorFlow's own about it.
  """
  try:
    return dataset.read(int(index), choose_window)
  except TargetError as error:
    if bad_images is None:
      raise
    bad_images.stop(str(error))
    return examples.empty(dataset.target_spec, examples.END)
  except InputError as error:
    if bad_images is None:
      raise
    may_skip = bad_images.add(str(error))
    if len(bad_images.messages) == dataset.num_examples:
      # Otherwise training would search its endless epochs for a good one.
      bad_images.stop(
        f'none of the {dataset.num_examples} images can be read: {error}'
      )
      may_skip = False
    return examples.empty(
      dataset.target_spec, examples.SKIPPED if may_skip else examples.END
    )
