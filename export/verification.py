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
# quantised from broken, and the evaluation says the rest (--max_accuracy_drop).
BOUNDS = {
  'float32': Bound(1e-4, 0.9),
  'float16': Bound(0.03, 0.8),
  'int8': Bound(np.inf, 0.5),
}


def check(
  run: Callable,
  images: np.ndarray,
  expected: dict[str, np.ndarray],
  exported: Exported,
  precision: str,
) -> Agreement:
  """Returns how far an export is from what is expected on images.

  Runs it on one image and on the others, so that no batch size is fixed.

  Args:
    run: of formats.load.
    images: float32 [batch, image_size, image_size, 3] in [-1, 1].
    expected: {name: array}, of the checkpoint's own network.
    exported: the task's.
    precision: of the export.

  Raises:
    InputError: it is too far, see BOUNDS.
  """
  parts = [run(part) for part in (images[:1], images[1:]) if len(part)]
  return _hold(parts, expected, exported, precision)


def check_files(
  run: Callable,
  images: list[np.ndarray],
  expected: dict[str, np.ndarray],
  exported: Exported,
) -> Agreement:
  """Returns the same of a float32 export that resizes images on its own.

  images: uint8 [height, width, 3], of any sizes. Otherwise as check.
  """
  parts = [run(image[np.newaxis]) for image in images]
  return _hold(parts, expected, exported, 'float32')


def _hold(parts, expected, exported, precision):
  """Returns the Agreement of what batches came to; raises InputError."""
  found = {
    name: np.concatenate([part[name] for part in parts]) for name in expected
  }
  agreement, bound = exported.compare(expected, found), BOUNDS[precision]
  if not (
    agreement.difference <= bound.difference
    and agreement.agreeing >= bound.agreeing
  ):
    raise InputError(
      'the file does not compute what the checkpoint does: '
      f'{tell(agreement, exported)}; {precision} may differ by '
      f'{bound.difference:g}, and {bound.agreeing:.0%} must agree; nothing is '
      'kept'
    )
  return agreement


def tell(agreement: Agreement, exported: Exported) -> str:
  """Returns it in words."""
  return (
    f'largest difference {agreement.difference:.1e}, '
    f'{agreement.agreeing:.2%} of {exported.what} agree'
  )
