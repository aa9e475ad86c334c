"""Turns a decoded image into what a network takes.

'inception' is how slim's networks were trained and evaluated on photographs.
Of slim's variants in training, the resizing and the order of the colour changes
are fixed here: bilinear; brightness, saturation, hue, contrast.

'lenet' is for small images of one object, such as digits: resized, no more.

What else changes with an image is in box_preprocessing.py (SSD's) and
mask_preprocessing.py (DeepLab's); preparation.py has all by name.

Images come out float32 [height, width, 3], as large as image_size says: in
evaluation in [-1, 1], as networks take them; in training in [0, 1], to be
rounded to uint8, which a Model scales once, on the device.
"""

from collections.abc import Sequence
import math

import numpy as np
import tensorflow as tf

from base.errors import InputError
from base.suggestions import did_you_mean
from specs import networks

# slim names a preprocessing after the network that it belongs to.
_INCEPTION = (
  'inception',
  'inception_v1',
  'inception_v2',
  'inception_v3',
  'inception_v4',
  'inception_resnet_v2',
  *networks.NETWORKS,
)
_LENET = ('lenet',)

# What an image's target is, and so what changes with the image.
LABELS, BOXES, MASKS = KINDS = ('labels', 'boxes', 'masks')
_NAMES = {
  LABELS: _INCEPTION + _LENET,
  BOXES: ('ssd', 'ssd_color', *_LENET),
  MASKS: ('deeplab', *_LENET),
}

_CENTRAL_FRACTION = 0.875
_CROP_AREA = (0.05, 1.0)
_CROP_ASPECT = (3 / 4, 4 / 3)
_CROP_ATTEMPTS = 100

ImageSize = int | tuple[int, int]  # of a square, or (height, width)

# Of each change in training, in order: the least and the greatest.
_CHANGES = {
  'flip': (-1, 1),  # Flipped if positive.
  'brightness': (-32 / 255, 32 / 255),
  'saturation': (0.5, 1.5),
  'hue': (-0.2, 0.2),
  'contrast': (0.5, 1.5),
}


def preprocess_for_eval(
  image: tf.Tensor, image_size: ImageSize, name: str
) -> tf.Tensor:
  """Resizes an image; 'inception' takes its central 87.5 % of each side.

  Returns float32 in [-1, 1].

  Args:
    image: RGB, uint8 [height, width, 3], or another type as
      tf.image.convert_image_dtype has it: floats in [0, 1]; or a batch of
      such.
    image_size: of the result.
    name: 'inception', 'lenet', or slim's name for either.
  Raises:
    InputError: the name is unknown.
  """
  if _is_inception(name):
    image = tf.image.central_crop(image, _CENTRAL_FRACTION)
  return to_signed(resize(image, image_size))


def evaluation_window(height: int, width: int, name: str) -> tuple[int, ...]:
  """Returns top, left, height and width of what preprocess_for_eval takes."""
  if not _is_inception(name):
    return 0, 0, height, width
  # As tf.image.central_crop rounds.
  top, left = (
    int((side - side * _CENTRAL_FRACTION) / 2) for side in (height, width)
  )
  return top, left, height - 2 * top, width - 2 * left


def preprocess_for_train(
  window: tf.Tensor, image_size: ImageSize, name: str, changes: tf.Tensor
) -> tf.Tensor:
  """Resizes an image; 'inception' flips and recolours it as `changes` says.

  Returns float32 in [0, 1].

  Args:
    window: the part of an image that random_window chose, or another image.
    image_size, name: as in preprocess_for_eval.
    changes: of random_changes or sample_changes, float32 [5].
  Raises:
    InputError: the name is unknown.
  """
  image = resize(window, image_size)
  if _is_inception(name):
    image = recolor(flip(image, changes[0] > 0), changes)
  return image


def random_window(
  height: int, width: int, name: str, seed: Sequence[int]
) -> tuple[int, int, int, int]:
  """Chooses the part of an image to train on, in its own pixels.

  'inception' draws it as slim's tf.image.sample_distorted_bounding_box does:
  any aspect ratio, then any height that fits and has an area in range, then
  any place. If nothing fits, and for 'lenet', it is the whole image.

  Args:
    height, width: of the image.
    name: as in preprocess_for_eval.
    seed: integers of at least 0; the window follows from them.
  Returns:
    (top, left, height, width) of the window, integers.
  """
  if not _is_inception(name):
    return 0, 0, height, width
  random = np.random.default_rng([*seed, 0])
  for _ in range(_CROP_ATTEMPTS):
    aspect = random.uniform(*_CROP_ASPECT)
    smallest, largest = (
      math.sqrt(area * height * width / aspect) for area in _CROP_AREA
    )
    smallest = math.ceil(smallest)
    largest = min(round(largest), int((width + 0.5) / aspect), height)
    if smallest <= largest:
      rows = random.integers(smallest, largest + 1)
      columns = min(round(rows * aspect), width)
      return (
        random.integers(height - rows + 1),
        random.integers(width - columns + 1),
        rows,
        columns,
      )
  return 0, 0, height, width


def random_changes(name: str, seed: Sequence[int]) -> np.ndarray:
  """Draws the changes that preprocess_for_train makes, float32 [5].

  Args:
    name: as in preprocess_for_eval; for 'lenet', which makes none, all are 0.
    seed: as in random_window, of which the changes are independent.
  """
  if not _is_inception(name):
    return np.zeros([len(_CHANGES)], np.float32)
  random = np.random.default_rng([*seed, 1])
  return random.uniform(*zip(*_CHANGES.values())).astype(np.float32)


def sample_window(
  image: tf.Tensor, name: str, boxes: tf.Tensor | None = None
) -> tf.Tensor:
  """Cuts the part to train on out of an image, another in every run of a graph.

  Args:
    image, name: as in preprocess_for_eval.
    boxes: float32 [1, n, 4] in [0, 1], of which a window shows at least a
      tenth of one; None: a window may show anything.
  Returns:
    The window, drawn as random_window does; for 'lenet' the image.
  """
  if not _is_inception(name):
    return image
  begin, size, _ = tf.image.stateless_sample_distorted_bounding_box(
    tf.shape(image),
    tf.zeros([1, 0, 4]) if boxes is None else boxes,
    # Of the graph's own seed; the other function knows only seeds of its own.
    seed=tf.random.uniform([2], maxval=tf.int32.max, dtype=tf.int32),
    min_object_covered=0.0 if boxes is None else 0.1,
    aspect_ratio_range=_CROP_ASPECT,
    area_range=_CROP_AREA,
    max_attempts=_CROP_ATTEMPTS,
    use_image_if_no_bounding_boxes=True,
  )
  return tf.ensure_shape(tf.slice(image, begin, size), [None, None, 3])


def sample_changes(name: str) -> tf.Tensor:
  """Draws random_changes' numbers, others in every run of a graph."""
  if not _is_inception(name):
    return tf.zeros([len(_CHANGES)])
  return tf.random.uniform([len(_CHANGES)], *zip(*_CHANGES.values()))


def names(kind: str = LABELS) -> tuple[str, ...]:
  """Names of what suits a kind of target, the usual one first."""
  return _NAMES[kind]


def check_name(name: str, kind: str = LABELS) -> None:
  """Raises InputError if no preprocessing of this name suits such targets."""
  if name not in names(kind):
    of_others = [other for other in KINDS if name in names(other)]
    what = (
      f'preprocessing {name} is for {of_others[0]}, not for {kind}'
      if of_others
      else f'unknown preprocessing {name}{did_you_mean(name, names(kind))}'
    )
    raise InputError(f'{what}; there is {", ".join(names(kind))}')


def to_grayscale(image: tf.Tensor) -> tf.Tensor:
  """Takes the colour from an image and keeps its three channels."""
  return tf.image.grayscale_to_rgb(tf.image.rgb_to_grayscale(image))


def to_uint8(image: tf.Tensor) -> tf.Tensor:
  """Rounds an image in [0, 1] to 0 .. 255: a quarter of the bytes to send."""
  return tf.cast(tf.round(image * 255), tf.uint8)


def to_signed(image: tf.Tensor) -> tf.Tensor:
  """Scales an image from [0, 1] to [-1, 1]."""
  return (image - 0.5) * 2


def resize(image: tf.Tensor, image_size: ImageSize) -> tf.Tensor:
  """Bilinear as slim had it, corners not aligned; returns floats in [0, 1].

  image: as preprocess_for_eval takes it.
  """
  image = tf.convert_to_tensor(image)
  if not isinstance(image_size, tuple):
    image_size = (image_size, image_size)
  is_batch = len(image.shape) == 4
  images = tf.raw_ops.ResizeBilinear(
    images=image if is_batch else image[tf.newaxis],
    size=image_size,
    align_corners=False,
    half_pixel_centers=False,
  )
  resized = images if is_batch else images[0]
  return resized if image.dtype.is_floating else resized / image.dtype.max


def flip(image: tf.Tensor, is_flipped: tf.Tensor) -> tf.Tensor:
  """Mirrors the columns of [height, width, ...] if is_flipped, a bool []."""
  dims = tf.stack([False, is_flipped, *[False] * (len(image.shape) - 2)])
  return tf.raw_ops.Reverse(tensor=image, dims=dims)


def recolor(image: tf.Tensor, changes: tf.Tensor) -> tf.Tensor:
  """Changes the colours of an image in [0, 1], as random_changes says."""
  _, brightness, saturation, hue, contrast = tf.unstack(changes, len(_CHANGES))
  image = tf.image.adjust_saturation(image + brightness, saturation)
  image = tf.image.adjust_hue(image, hue)
  image = tf.image.adjust_contrast(image, contrast)
  return tf.clip_by_value(image, 0, 1)


def _is_inception(name):
  check_name(name)
  return name in _INCEPTION
