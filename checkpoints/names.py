"""Names of variables in slim's checkpoints that say what they are."""

from collections.abc import Iterable
import re

# A backbone, and what a detector has before it.
_BACKBONE = re.compile(
  r'(FeatureExtractor/)?(MobilenetV2/(Conv|Conv_1|expanded_conv(_\d+)?)/.+)'
)
_AVERAGE = '/ExponentialMovingAverage'
# The last parts of batch norm's names.
BATCH_NORM = ('gamma', 'beta', 'moving_mean', 'moving_variance')


def of_backbone(name: str) -> str | None:
  """Returns what a classifier calls a variable; None if it has none such.

  Detectors and segmenters are made of a classifier's backbone; theirs may go by
  other names.
  """
  match = _BACKBONE.fullmatch(name)
  return match and match[2]


def average_of(name: str) -> str:
  """Returns the name of a variable's moving average."""
  return name + _AVERAGE


def without_average(name: str) -> str:
  """Returns the variable whose moving average this is; other names as is."""
  return name.removesuffix(_AVERAGE)


def is_slot(name: str) -> bool:
  """Whether a name is that of an optimizer's slot, or of an average.

  Their last part is capitalised, as no layer's variable is.
  """
  _, slash, last = name.rpartition('/')
  return bool(slash) and last[:1].isupper()


def is_of_training(name: str) -> bool:
  """Whether a name is that of a slot, an average or a counter."""
  return is_slot(name) or '/' not in name


def split_scopes(scopes: str | None) -> tuple[str, ...]:
  """Returns the beginnings of names in a comma-separated list."""
  return tuple(
    scope.strip() for scope in (scopes or '').split(',') if scope.strip()
  )


def several(names: Iterable[str], show: int = 3) -> str:
  """Returns the first few names, and how many more there are."""
  names = list(names)
  more = f' and {len(names) - show} more' if len(names) > show else ''
  return ', '.join(names[:show]) + more
