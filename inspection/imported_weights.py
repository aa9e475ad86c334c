"""Whether another library's weights are those of a network, all of them."""

import re
from typing import Any
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints import reader
from checkpoints import report
from checkpoints.importing import torch_files
from checkpoints.importing.imported import Imported
from inspection import checkpoints
from inspection import identification
from specs import networks
from specs import roles

_MOST_ROWS = 14
_WIDTH = 80
_SCOPE = 30
# What has no place in a network and needs none: of training, of dropout.
_HARMLESS = re.compile(
  r'(optimizer|optimizer_weights|metrics)/.+|(.+/)?seed_generator.*'
)
# Of MobileNetV3 Keras leaves out the layer before the logits with them.
_BEFORE_LOGITS = 'MobilenetV3/Conv_2/'


class Fitted(NamedTuple):
  """Weights that are whole."""

  model_name: str
  options: dict[str, Any]  # of networks.ARCHITECTURE
  num_classes: int | None  # None: it is a backbone, without what classifies
  default_image_size: int
  values: dict[str, np.ndarray]


def fit(path: str, imported: Imported) -> Fitted:
  """Returns the network that weights are of.

  Args:
    path: of the file, for messages.
    imported: what is in it.

  Raises:
    InputError: they are of none, lack a part other than the whole head, have
      what is not known to be of no use, or are not finite.
  """
  shapes = {name: list(value.shape) for name, value in imported.values.items()}
  identified = _identify(path, shapes)
  options = identified.options | {
    key: imported.options[key]
    for key in networks.ARCHITECTURE
    if imported.options.get(key) is not None
  }
  model = checkpoints.make_model(
    identified.model_name, identified.num_classes, options
  )
  variables = {
    name: variable.shape.as_list()
    for name, variable in model.variables_by_name.items()
  }
  what = f'variables of {_describe(identified.model_name, options)}'
  _check_whole(path, shapes, variables, what)
  _check_left_over(path, imported, variables, what)
  _check_finite(path, imported)
  return Fitted(
    identified.model_name,
    options,
    identified.num_classes,
    model.default_image_size,
    {
      name: value
      for name, value in imported.values.items()
      if name in variables or name.startswith(roles.AUXILIARY)
    },
  )


def _identify(path, shapes):
  try:
    return identification.identify(shapes)
  except InputError as error:
    raise InputError(f'{path}: {error}') from error


def _describe(model_name, options):
  width = options.get('depth_multiplier')
  return model_name if width is None else f'{model_name} at width {width:g}'


def _check_whole(path, shapes, variables, what):
  """Raises InputError if some are missing, or of another shape."""
  misfits = [
    f'{name} is {shapes[name]}, not {shape}'
    for name, shape in variables.items()
    if shapes.get(name, shape) != shape
  ]
  if misfits:
    raise InputError(
      f'{path} has {len(misfits)} of {len(variables)} {what}, which comes '
      f'closest, in another shape: {names.several(misfits)}'
    )
  missing = [name for name in variables if name not in shapes]
  head = [name for name in variables if _is_head(name)]
  if missing and not (set(missing) <= set(head) and _has_no_logits(shapes)):
    raise InputError(
      f'{path} lacks {len(missing)} of {len(variables)} {what}: '
      f'{names.several(missing)}'
    )


def _is_head(name):
  return roles.is_head(name) or name.startswith(_BEFORE_LOGITS)


def _has_no_logits(shapes):
  return not any(roles.is_head(name) for name in shapes)


def _check_left_over(path, imported, variables, what):
  left_over = [
    name for name in imported.left_over if not is_harmless(imported, name)
  ]
  left_over += [
    imported.sources.get(name, name)
    for name in imported.values
    if name not in variables and not name.startswith(roles.AUXILIARY)
  ]
  if left_over:
    raise InputError(
      f'{path} has {len(left_over)} values that are no {what}: '
      f'{names.several(left_over)}'
    )


def _check_finite(path, imported):
  for name, value in imported.values.items():
    if not reader.is_finite(value):
      raise InputError(
        f'{path}: {imported.sources[name]} holds NaN or infinite values'
      )


def is_harmless(imported: Imported, name: str) -> bool:
  """Whether what is left over of a source is nothing that computes."""
  if imported.library == 'slim' and names.is_of_training(name):
    return True
  return bool(_HARMLESS.fullmatch(name)) or torch_files.is_harmless(name)


def table(path: str, imported: Imported, fitted: Fitted) -> str:
  """Returns what became of a file's values: lines of at most 80 columns."""
  classes = (
    'no head' if fitted.num_classes is None else f'{fitted.num_classes} classes'
  )
  lines = [
    f'{path} ({imported.library}):',
    f'{_describe(fitted.model_name, fitted.options)}, {classes}, '
    f'{len(fitted.values)} variables',
    _row('variables', '', 'of the source (+ how many more)'),
  ]
  scopes = {}
  for name in fitted.values:
    # Conv2d_3_depthwise and the like together.
    scope = re.sub(r'_\d+(?=_|$)', '', report.scope_of(name))
    scopes.setdefault(scope, []).append(name)
  rows = [
    (
      scope,
      str(len(members)),
      _sources(imported.sources[member] for member in members),
    )
    for scope, members in sorted(scopes.items())
  ]
  lines += [_row(*row) for row in rows[:_MOST_ROWS]]
  rest = rows[_MOST_ROWS:]
  if rest:
    total = sum(int(count) for _, count, _ in rest)
    lines.append(_row(f'{len(rest)} other scopes', str(total), ''))
  kinds = sorted(
    {
      one.rpartition('/')[2] if imported.library == 'slim' else one
      for one in imported.left_over
    }
  )
  left_over = f' ({names.several(kinds, 2)})' if kinds else ''
  lines.append(f'Left over: {len(imported.left_over) or "nothing"}{left_over}')
  return '\n'.join(lines)


def _row(scope, count, source):
  return f'{_shorten(scope, _SCOPE):{_SCOPE}} {count:>4}  {source}'.rstrip()


def _sources(found):
  """Returns the first of some names, and how many others there are."""
  first, *others = dict.fromkeys(found)
  # Converters join the names of what they fuse.
  first, *fused = first.split(';')
  count = len(others) + len(fused)
  more = f' +{count}' if count else ''
  return _shorten(first, _WIDTH - _SCOPE - 7 - len(more)) + more


def _shorten(name, width):
  """Returns at most width letters: beginnings are alike, ends tell."""
  if len(name) <= width:
    return name
  begin = width // 3
  return f'{name[:begin]}...{name[begin + 3 - width :]}'
