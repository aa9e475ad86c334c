"""What model.json may hold: values that a training could have written."""

import math
from typing import Any

from base import limits
from specs import networks

FLAGS = 'flags'  # the flags that change what training computes, by name

_TEXTS = (
  'model_name',
  'implementation',
  'preprocessing_name',
  'dataset_name',
  'dataset_dir',
  'fingerprint',
)
_TRUTHS = (
  'use_grayscale',
  'shrink_images',
  'finegrain_classification_mode',
  'aspp_with_separable_conv',
  'use_explicit_padding',
  'zero_padded_pools',
)
# (least, most), which the flags have, too; whole where these are.
_NUMBERS = {
  'depth_multiplier': (0.0, limits.DEPTH_MULTIPLIER),
  'validation_fraction': (0.0, 1.0),
  'moving_average_decay': (0.0, 1.0),
  'batch_norm_epsilon': (0.0, 1.0),
  'min_depth': (1, limits.CHANNELS),
  'divisible_by': (1, limits.CHANNELS),
  'image_size': (1, limits.IMAGE_SIZE),
  'labels_offset': (-limits.BACKGROUNDS, limits.INTEGER),
  'output_stride': (1, limits.INTEGER),
  'num_classes': (1, limits.INTEGER),
  'num_examples': (1, limits.INTEGER),
  'batch_size': (1, limits.BATCH_SIZE),
  'accumulate_steps': (1, limits.INTEGER),
  'seed': (-limits.INTEGER, limits.INTEGER),
}
# Lists of such numbers.
_LISTS = {
  'atrous_rates': (1, limits.INTEGER),
  'category_ids': (-limits.INTEGER, limits.INTEGER),
}


def find_wrong(info: Any) -> str | None:
  """Returns what is wrong with what a model.json holds; None: nothing.

  None is allowed everywhere, and so is what no reader knows.
  """
  if not isinstance(info, dict):
    return 'no JSON object'
  for key, value in info.items():
    if value is not None and not _may_be(key, value):
      return f'{key} is {repr(value)[:40]}'
  return None


def _may_be(key, value):
  """Whether a value may stand under a key."""
  if key == 'implementation':
    return value in networks.IMPLEMENTATIONS
  if key == 'input_normalization':
    return value in networks.INPUT_NORMALIZATIONS
  if key in _TEXTS:
    return isinstance(value, str)
  if key in _TRUTHS:
    return isinstance(value, bool)
  if key in _NUMBERS:
    return _is_number(value, *_NUMBERS[key])
  if key in _LISTS:
    return isinstance(value, list) and all(
      _is_number(one, *_LISTS[key]) for one in value
    )
  return key != FLAGS or isinstance(value, dict)


def _is_number(value, least, most):
  """Whether it is a number from least to most, and of their type."""
  if isinstance(value, bool) or not isinstance(value, (int, type(least))):
    return False
  return math.isfinite(value) and least <= value <= most
