"""NASNet-A mobile as tables, and their resolution; see specs.py.

https://arxiv.org/abs/1707.07012, figure 4 and appendix A.
"""

from collections.abc import Sequence
import itertools
from typing import NamedTuple

from base.errors import InputError
from specs.convolution import Convolution


class CellTable(NamedTuple):
  """What a search found: sums of two operations on earlier states each.

  States 0 and 1 are the outputs of the last cell and of the one before it,
  states 2 to 6 the sums.
  """

  sums: tuple[tuple[str, int, str, int], ...]  # left, its state, right, its
  outputs: tuple[int, ...]  # states that are concatenated


# Operations: sep, separable convolutions; avg and max, pools; with their size.
NORMAL_CELL = CellTable(
  sums=(
    ('sep5', 0, 'sep3', 1),
    ('sep5', 1, 'sep3', 1),
    ('avg3', 0, 'none', 1),
    ('avg3', 1, 'avg3', 1),
    ('sep3', 0, 'none', 0),
  ),
  outputs=(1, 2, 3, 4, 5, 6),
)
REDUCTION_CELL = CellTable(
  sums=(
    ('sep5', 0, 'sep7', 1),
    ('max3', 0, 'sep7', 1),
    ('avg3', 0, 'sep5', 1),
    ('none', 3, 'avg3', 2),
    ('sep3', 2, 'max3', 0),
  ),
  outputs=(3, 4, 5, 6),
)


class Cells(NamedTuple):
  """Cells of one kind and width; a reduction halves height and width."""

  scope: str  # followed by a number of its own
  table: CellTable
  filters: int  # channels of each state
  repeats: int


NASNET_MOBILE = (
  Cells('cell_stem', REDUCTION_CELL, filters=11, repeats=1),
  Cells('cell_stem', REDUCTION_CELL, filters=22, repeats=1),
  Cells('cell', NORMAL_CELL, filters=44, repeats=4),
  Cells('reduction_cell', REDUCTION_CELL, filters=88, repeats=1),
  Cells('cell', NORMAL_CELL, filters=88, repeats=4),
  Cells('reduction_cell', REDUCTION_CELL, filters=176, repeats=1),
  Cells('cell', NORMAL_CELL, filters=176, repeats=4),
)
_STEM_CHANNELS = 32
_AUXILIARY_CELL = 'cell_7'


class Operation(NamedTuple):
  """One side of a sum."""

  scope: str
  kind: str  # 'sep', 'avg', 'max' or 'none'
  kernel_size: int  # 0 where kind is 'none'
  state: int
  stride: int
  place: int  # among all of the network, from 1 on


class Cell(NamedTuple):
  """A cell of the network.

  Only 'sep' changes the number of channels: the other operations always take
  states that have `filters` already.
  """

  scope: str
  end_point: str | None
  filters: int
  inputs: int  # channels of the last cell's output
  previous_inputs: int | None  # of the cell's before; None: there is none
  previous_stride: int  # size of that one's output over the last one's
  sums: tuple[tuple[Operation, Operation], ...]
  outputs: tuple[int, ...]
  depth: float  # which part of all cells it completes, up to 1
  auxiliary_scope: str | None  # of the head on its output

  @property
  def stride(self) -> int:
    """2 in a reduction cell."""
    return self.sums[0][0].stride

  @property
  def channels(self) -> int:
    """Of the output."""
    return self.filters * len(self.outputs)


class Nasnet(NamedTuple):
  """The network, resolved."""

  stem_channels: int
  cells: tuple[Cell, ...]


def _operation(scope, name, state, stride, place):
  kind, size = (name, 0) if name == 'none' else (name[:3], int(name[3:]))
  # The sums are already reduced.
  stride = stride if state < 2 else 1
  return Operation(scope, kind, size, state, stride, place)


def _sums(table, stride, places):
  return tuple(
    (
      _operation(
        f'comb_iter_{number}/left', left, left_state, stride, next(places)
      ),
      _operation(
        f'comb_iter_{number}/right', right, right_state, stride, next(places)
      ),
    )
    for number, (left, left_state, right, right_state) in enumerate(table.sums)
  )


def _end_point(scope):
  """The published key of a cell's output; the first stem cell has none."""
  return {'cell_stem_0': None, 'cell_stem_1': 'Stem'}.get(scope, scope.title())


def resolve(rows: Sequence[Cells] = NASNET_MOBILE) -> Nasnet:
  """Resolves the table of Cells; returns a Nasnet."""
  num_cells = sum(row.repeats for row in rows)
  inputs, previous_inputs, previous_stride = _STEM_CHANNELS, None, 1
  cells, numbers, places = [], {}, itertools.count(1)
  for row in itertools.chain.from_iterable([row] * row.repeats for row in rows):
    number = numbers[row.scope] = numbers.get(row.scope, -1) + 1
    scope = f'{row.scope}_{number}'
    stride = 2 if row.table is REDUCTION_CELL else 1
    cells.append(
      Cell(
        scope,
        _end_point(scope),
        row.filters,
        inputs,
        previous_inputs,
        previous_stride,
        _sums(row.table, stride, places),
        row.table.outputs,
        depth=(len(cells) + 1) / num_cells,
        auxiliary_scope=f'aux_{number}' if scope == _AUXILIARY_CELL else None,
      )
    )
    previous_inputs, previous_stride = inputs, stride
    inputs = cells[-1].channels
  return Nasnet(_STEM_CHANNELS, tuple(cells))


def pads_of_strided(
  kernel_size: int, height: int, width: int
) -> list[list[int]]:
  """Returns [before, after] of height and of width, as SAME pads at stride 2.

  kernel_size: odd.
  """
  half = kernel_size // 2
  return [[half - 1 + size % 2, half] for size in (height, width)]


def check_final_endpoint(final_endpoint: str | None, spec: Nasnet) -> None:
  """Raises InputError unless final_endpoint is None or a key of end_points."""
  names = [cell.end_point for cell in spec.cells if cell.end_point]
  names += ['global_pool', 'Logits', 'Predictions']
  if final_endpoint is not None and final_endpoint not in names:
    raise InputError(
      f'final_endpoint {final_endpoint!r} is not one of {", ".join(names)}.'
    )


def _separable(operation, scope, inputs, filters, height, width, waiting):
  """Lists the two separable convolutions of one side of a sum."""
  size, layers = operation.kernel_size, []
  for number in (1, 2):
    name = f'{scope}/{operation.scope}/separable_{size}x{size}_{number}'
    layers += [
      Convolution(
        f'{name}/depthwise',
        size,
        inputs,
        inputs,
        inputs,
        height,
        width,
        False,
        plain=True,
        waiting=waiting,
        stride=operation.stride if number == 1 else 1,
      ),
      Convolution(
        f'{name}/pointwise',
        1,
        inputs,
        filters,
        1,
        height,
        width,
        True,
        waiting=waiting,
      ),
    ]
    inputs = filters
  return layers


def _inputs(cell, height, width):
  """Lists the 1x1 convolutions that make states 0 and 1."""
  layers = [
    Convolution(
      f'{cell.scope}/1x1', 1, cell.inputs, cell.filters, 1, height, width, True
    )
  ]
  if not cell.previous_inputs:
    return layers
  half = cell.filters // 2
  paths = (
    {'prev_1x1': cell.filters}
    if cell.previous_stride == 1
    else {'path1_conv': half, 'path2_conv': cell.filters - half}
  )
  return layers + [
    Convolution(
      f'{cell.scope}/{path}',
      1,
      cell.previous_inputs,
      outputs,
      1,
      height,
      width,
      True,
    )
    for path, outputs in paths.items()
  ]


def convolutions(
  spec: Nasnet, height: int, width: int, num_classes: int | None
) -> list[Convolution]:
  """Lists the Convolutions of a resolved Nasnet, auxiliary head left out."""
  height, width = (height - 1) // 2, (width - 1) // 2  # VALID
  layers = [
    Convolution(
      'conv0', 3, 3, spec.stem_channels, 1, height, width, True, stride=2
    )
  ]
  for cell in spec.cells:
    layers += _inputs(cell, height, width)
    waiting = 2 * cell.filters * height * width  # states 0 and 1
    height, width = -(-height // cell.stride), -(-width // cell.stride)
    for operation in (side for sides in cell.sums for side in sides):
      if operation.kind == 'sep':
        # State 1 of the first cell is the stem, as wide as it comes.
        inputs = (
          cell.inputs
          if operation.state == 1 and not cell.previous_inputs
          else cell.filters
        )
        layers += _separable(
          operation, cell.scope, inputs, cell.filters, height, width, waiting
        )
  if num_classes:
    layers.append(
      Convolution(
        'final_layer/FC',
        1,
        spec.cells[-1].channels,
        num_classes,
        1,
        1,
        1,
        False,
      )
    )
  return layers
