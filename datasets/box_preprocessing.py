"""SSD's changes of images with boxes, as the Object Detection API has them.

Of ssdlite_mobilenet_v2_coco.config: a random crop and a flip, then the whole
window is resized to the network's square. `with_color` adds the colours of the
API's random_distort_color, which are inception's.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from datasets import annotations
from datasets import images
from datasets import preprocessing
from datasets.annotations import BoxTargets

# ssd_random_crop's defaults. One of the overlaps is drawn: so much of one box
# the window shows, and boxes of which it shows less are left out.
_OVERLAPS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
_ASPECT = (0.5, 2.0)  # width over height
_AREA = (0.1, 1.0)
_PART_LEFT_WHOLE = 0.15  # of the images
_ATTEMPTS = 100


def choose_window(
  height: int, width: int, targets: BoxTargets, seed: Sequence[int]
) -> images.Window:
  """Returns the (top, left, height, width) that follows from a seed."""
  return random_crop(height, width, targets, seed)[0]


def random_crop(
  height: int, width: int, targets: BoxTargets, seed: Sequence[int]
) -> tuple[images.Window, float]:
  """Draws a window as ssd_random_crop does.

  Args:
    height, width: of the image.
    targets: the objects on it.
    seed: integers of at least 0; the window follows from them.
  Returns:
    ((top, left, height, width) in pixels, the part of a box that must be in it
    for the box to be kept).
  """
  random = np.random.default_rng([*seed, 0])
  overlap = float(random.choice(_OVERLAPS))
  is_left_whole = random.uniform() < _PART_LEFT_WHOLE
  sampler_seed = random.integers(2**31, size=2, dtype=np.int32)
  if is_left_whole:
    return (0, 0, height, width), 0.0
  # A quarter of the time of tf.image's function of this name.
  begin, size, _ = tf.raw_ops.StatelessSampleDistortedBoundingBox(
    image_size=tf.constant([height, width, 3]),
    bounding_boxes=tf.constant(
      annotations.cut_filling(targets).corners[np.newaxis]
    ),
    min_object_covered=tf.constant(overlap),
    seed=tf.constant(sampler_seed),
    aspect_ratio_range=_ASPECT,
    area_range=_AREA,
    max_attempts=_ATTEMPTS,
    use_image_if_no_bounding_boxes=True,
  )
  window = *begin.numpy()[:2], *size.numpy()[:2]
  return tuple(map(int, window)), overlap


def draw(
  targets: BoxTargets, seed: Sequence[int]
) -> tuple[BoxTargets, np.ndarray]:
  """Returns the targets of the window, flipped or not, and all changes.

  The changes are those of preprocessing.random_changes, float32 [5].
  """
  changes = preprocessing.random_changes('inception', seed)
  if not targets.count:  # An image that cannot be read has no size either.
    return targets, changes
  height, width = map(int, targets.size)
  window, overlap = random_crop(height, width, targets, seed)
  targets = cut(targets, window, overlap)
  return flip(targets) if changes[0] > 0 else targets, changes


def cut(
  targets: BoxTargets, window: images.Window, overlap: float
) -> BoxTargets:
  """Returns what a window shows, in parts of the window.

  Args:
    targets: of the whole image.
    window: (top, left, height, width) in pixels.
    overlap: a box is left out if less of it is in the window, or nothing; the
      others are cut at its edges, and their areas with them.
  """
  boxes = annotations.cut_filling(targets)
  corners = boxes.corners.astype(np.float64)
  top, left, height, width = window
  # Rounded as corners are: a box that ends where the window begins is outside.
  edges = np.float32(
    [top, left, top + height, left + width] / np.tile(targets.size, 2)
  ).astype(np.float64)
  start, sides = edges[:2], edges[2:] - edges[:2]
  inside = np.concatenate(
    [
      np.maximum(corners[:, :2], edges[:2]),
      np.minimum(corners[:, 2:], edges[2:]),
    ],
    axis=1,
  )
  parts = _areas(inside) / _areas(corners)
  is_kept = (inside[:, 2:] > inside[:, :2]).all(1) & (parts >= overlap)
  inside = (inside - np.tile(start, 2)) / np.tile(sides, 2)
  kept = boxes._replace(
    corners=np.float32(np.clip(inside, 0, 1)),
    areas=np.float32(boxes.areas * parts / np.prod(sides)),
  )
  kept = annotations.Boxes(*(values[is_kept] for values in kept))
  return annotations.fill_up(
    kept, len(targets.labels), targets.size, targets.index
  )


def flip(targets: BoxTargets) -> BoxTargets:
  """Returns the targets of an image whose columns are mirrored."""
  top, left, bottom, right = targets.corners.T
  corners = np.stack([top, 1 - right, bottom, 1 - left], 1)
  corners[targets.count :] = 0
  return targets._replace(corners=corners)


def for_training(
  window: tf.Tensor,
  targets: BoxTargets,
  changes: tf.Tensor,
  image_size: int,
  with_color: bool,
) -> tuple[tf.Tensor, BoxTargets]:
  """Returns (float32 [image_size, image_size, 3] in [0, 1], targets).

  Args:
    window: uint8 [height, width, 3].
    targets, changes: of draw.
    image_size: height and width of the result.
    with_color: whether to change the colours, too.
  """
  image = preprocessing.resize(window, image_size)
  image = preprocessing.flip(image, changes[0] > 0)
  return preprocessing.recolor(image, changes) if with_color else image, targets


def _areas(corners):
  """Returns [n] of [n, 4]."""
  return np.prod(corners[:, 2:] - corners[:, :2], axis=1)
