"""What a file is held to before it is kept: the checkpoint's own network."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from tasks.task import Agreement
from tasks.task import Exported


class Bound(NamedTuple):
  """How far an export may be from its checkpoint."""

  difference: float  # the largest, of probabilities
  agreeing: float  # the least part that agrees


# float32: sums in another order. Logits of slim and fast differ by up to 5e-5
# of the largest (README, figures), which moves a probability by at most a
# quarter of that times the logits' range; files were measured at up to 2e-6 of
# trained networks. A wrong layer, padding or scale is at 1e-2 and above.
# float16: weights with 11 bits (2**-12 of each), and where the runtime computes
# so, activations: 1.1 % of the largest logit (README, figures).
# int8: what 256 steps do to a network depends on it; a half that agrees tells
# quantised from broken, and the evaluation says the rest (--max_accuracy_drop):
# of a detector whose mAP fell from 0.664 to 0.661, 62 % of 100 boxes agreed.
BOUNDS = {
  'float32': Bound(1e-4, 0.9),
  'float16': Bound(0.03, 0.8),
  'int8': Bound(np.inf, 0.5),
}
_REMEDY = (
  'try --precision=float32, or for int8 more images to measure ranges on '
  '(--num_calibration_images, --calibration)'
)


def bound(precision: str, agreeing: float | None) -> Bound:
  """Returns the Bound of a precision; agreeing: another than its own."""
  own = BOUNDS[precision]
  return own if agreeing is None else own._replace(agreeing=agreeing)


def check(
  run: Callable,
  images: np.ndarray,
  expected: dict[str, np.ndarray],
  exported: Exported,
  limit: Bound,
) -> Agreement:
  """Returns how far an export is from what is expected on images.

  Runs it on one image and on the others, so that no batch size is fixed.

  Args:
    run: of formats.load.
    images: float32 [batch, image_size, image_size, 3] in [-1, 1].
    expected: {name: array}, of the checkpoint's own network.
    exported: the task's.
    limit: how far it may be.

  Raises:
    InputError: it is farther.
  """
  parts = [run(part) for part in (images[:1], images[1:]) if len(part)]
  return _hold(parts, expected, exported, limit)


def check_files(
  run: Callable,
  images: list[np.ndarray],
  expected: dict[str, np.ndarray],
  exported: Exported,
  limit: Bound,
) -> Agreement:
  """Returns the same of an export that resizes images on its own.

  images: uint8 [height, width, 3], of any sizes. Otherwise as check.
  """
  parts = [run(image[np.newaxis]) for image in images]
  return _hold(parts, expected, exported, limit)


def _hold(parts, expected, exported, limit):
  """Returns the Agreement of what batches came to; raises InputError."""
  found = {
    name: np.concatenate([part[name] for part in parts]) for name in expected
  }
  agreement = exported.compare(expected, found)
  if not (
    agreement.difference <= limit.difference
    and agreement.agreeing >= limit.agreeing
  ):
    raise InputError(
      'the file does not compute what the checkpoint does: '
      f'{tell(agreement, exported)}; of probabilities it may differ by at most '
      f'{min(limit.difference, 1):g}, and {limit.agreeing:.0%} must agree '
      f'(--min_agreement); nothing is kept: {_REMEDY}'
    )
  return agreement


def tell(agreement: Agreement, exported: Exported) -> str:
  """Returns it in words."""
  return (
    f'largest difference {agreement.difference:.1e}, '
    f'{agreement.agreeing:.2%} of {exported.what} agree'
  )
