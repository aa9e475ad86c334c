"""What is in a checkpoint, and which networks it is a checkpoint of."""

import math
from typing import Any
from typing import NamedTuple

import tensorflow as tf

from base.errors import InputError
from checkpoints import names
from checkpoints import reader
from checkpoints import restore
from checkpoints import run_info
from checkpoints.reader import Checkpoint
from runtime.model import Model
from specs import networks

_SMALL = 32  # pixels: variables do not depend on the size of the image


class Fit(NamedTuple):
  """How many of a network's variables a checkpoint has."""

  model_name: str
  fits: int
  other_shape: int
  missing: int


class CheckpointReport(NamedTuple):
  """What a checkpoint holds."""

  path: str
  step: int | None
  num_variables: int
  num_parameters: int
  num_classes: int | None
  also: tuple[str, ...]  # what else than a network's variables it has
  fits: tuple[Fit, ...]  # of networks that have a part in it, the best first
  warnings: tuple[str, ...]
  computation: dict[str, Any]  # of networks.COMPUTATION, by model.json


def inspect(
  checkpoint: Checkpoint, model_name: str | None = None
) -> CheckpointReport:
  """Reads all of a checkpoint, and compares it with the networks.

  Args:
    checkpoint: Checkpoint.
    model_name: the network to compare with; None takes that of model.json, and
      those of its family.

  Raises:
    InputError: the name is unknown, or the checkpoint damaged.
  """
  info = run_info.read_run_info(checkpoint.folder)
  try:
    num_classes = reader.count_classes(checkpoint)
  except InputError:
    num_classes = None
  shapes = {
    name: shape
    for name, shape in checkpoint.shapes.items()
    if not names.is_of_training(name)
  }
  options = {
    key: info[key] for key in networks.ARCHITECTURE if info.get(key) is not None
  }
  fits = [
    _fit(
      checkpoint,
      name,
      num_classes,
      options if name == info.get('model_name') else {},
    )
    for name in _candidates(shapes, model_name or info.get('model_name'))
  ]
  fits.sort(key=lambda fit: (fit.missing + fit.other_shape, -fit.fits))
  return CheckpointReport(
    checkpoint.path,
    checkpoint.step,
    len(shapes),
    sum(math.prod(shape) for shape in shapes.values()),
    num_classes,
    tuple(sorted(_kinds_of_training(checkpoint.shapes))),
    tuple(fits),
    tuple(_warnings(checkpoint, fits)),
    {key: info[key] for key in networks.COMPUTATION if info.get(key)},
  )


def _candidates(shapes, model_name):
  """Returns the names of networks to compare with.

  The one asked for; otherwise all of the family that shares most names.
  """
  if model_name is not None:
    return [model_name]
  families = {}
  for name, network in networks.ALL.items():
    families.setdefault(network.family.module, []).append(name)

  def shared(members):
    model = make_model(members[0], None, {})
    return sum(name in shapes for name in model.variables_by_name)

  return max(families.values(), key=shared)


def _fit(checkpoint, model_name, num_classes, options):
  variables = make_model(model_name, num_classes, options).variables_by_name
  missing, misfits = restore.compare(checkpoint, variables)
  return Fit(
    model_name,
    len(variables) - len(missing) - len(misfits),
    len(misfits),
    len(missing),
  )


def make_model(
  model_name: str, num_classes: int | None, options: dict[str, Any]
) -> Model:
  """Returns a network with its variables, as evaluation has them.

  options: of networks.ARCHITECTURE.
  """
  # Both implementations have the same variables: this one makes them sooner,
  # and a call sooner than build, which traces.
  model = Model(model_name, num_classes or 2, 'fast', **options)
  model(tf.zeros([1, _SMALL, _SMALL, 3]))
  return model


def _kinds_of_training(all_names):
  """Returns what else there is: ExponentialMovingAverage, RMSProp, ..."""
  return {
    name.rpartition('/')[2] for name in all_names if names.is_of_training(name)
  }


def _warnings(checkpoint, fits):
  """Yields a line for each thing that should be looked at."""
  not_finite = []
  for name in sorted(checkpoint.shapes):
    try:
      reader.read(checkpoint, name)
    except InputError as error:
      not_finite.append(str(error).removeprefix(f'{checkpoint.path}: '))
  if not_finite:
    yield names.several(not_finite)
  best = fits[0]
  if best.missing or best.other_shape:
    yield (
      f'no network fits whole; {best.model_name} comes closest: training '
      'takes what fits with --ignore_missing_vars, evaluation takes nothing'
    )
