"""Name -> network function, in either implementation.

specs/networks.py says what there is, and in which modules. What runs fast
imports neither tf-slim nor what that needs: it takes as long as a photograph.
"""

from collections.abc import Callable
import contextlib
import inspect
import sys
from typing import Any

import numpy as np
import tensorflow as tf

from base.errors import InputError
from base.suggestions import did_you_mean
from specs import networks
from specs.networks import ALL
from specs.networks import COMPUTE_DTYPES
from specs.networks import DATA_FORMATS
from specs.networks import IMPLEMENTATIONS

if 'tf_slim' in sys.modules:  # What uses it needs its patches.
  from nets import tf_slim_compat as tf_slim_compat

_DROPOUT, _SEED = 'dropout_keep_prob', 'seed'
_SYNC = 'sync_batch_norm'
_NORMALIZATION = 'input_normalization'
_PACKAGES = {'slim': 'nets', 'fast': 'fast'}
_FAST_OPTIONS = ('data_format', 'compute_dtype')
# Parameters of arg_scopes that have another name everywhere else.
_OPTIONS = {'bn_decay': 'batch_norm_decay'}


def _function(name, implementation):
  """Returns the function that builds the networks of a name's family."""
  return getattr(
    networks.module_of(name, _PACKAGES[implementation]),
    ALL[name].family.function,
  )


def _arg_scope(name):
  """Returns the function that makes the arg_scope of slim's implementation."""
  return getattr(networks.module_of(name, 'nets'), ALL[name].family.arg_scope)


def __getattr__(attribute: str) -> dict[str, Callable]:
  """Makes what users of slim look networks and arg_scopes up in, when they do.

  networks_map and arg_scopes_map: from there on attributes as any other.
  """
  if attribute == 'networks_map':
    made = {name: networks.named(_function(name, 'slim'), name) for name in ALL}
  elif attribute == 'arg_scopes_map':
    made = {name: _arg_scope(name) for name in ALL}
  else:
    raise AttributeError(f'module {__name__} has no attribute {attribute}')
  return globals().setdefault(attribute, made)


def network_names() -> tuple[str, ...]:
  """Returns the names that get_network_fn takes."""
  return tuple(ALL)


def get_network_fn(
  name: str,
  num_classes: int | None,
  weight_decay: float = 0.0,
  is_training: bool = False,
  implementation: str = 'slim',
  **options: Any,
) -> Callable:
  """Returns a network function.

  Args:
    name: one of network_names().
    num_classes: 0 or None leaves the logits layer out, which a detector always
      has; a detector's do not count the background.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    is_training: whether to build the network for training.
    implementation: 'slim' or 'fast'.
    **options: of either implementation: depth_multiplier, output_stride,
      use_explicit_padding, dropout_keep_prob, batch_norm_decay,
      batch_norm_epsilon, sync_batch_norm (statistics of all replicas),
      final_endpoint, input_normalization (of networks.INPUT_NORMALIZATIONS:
      what becomes of the images first), seed (int32 [2], from which follows
      what is dropped; of one seed, either drops the same); of fast:
      data_format, compute_dtype. An option that is None is as good as left out,
      and so are a dropout_keep_prob of 1 and a seed where there is no
      dropout.

  Returns:
    network_fn(images, **options) -> (logits, end_points). images: float32
    [batch, height, width, 3] in [-1, 1]; logits: float32
    [batch, num_classes], of a segmenter [batch, height, width, num_classes],
    of a detector specs.ssdlite.Predictions; end_points: dict of tensors in
    NHWC.
    network_fn.default_image_size: int.

  Raises:
    InputError: unknown name, implementation or option value; no num_classes of
      a detector.
  """
  options = {key: value for key, value in options.items() if value is not None}
  _check(name, num_classes, implementation)
  options = _without_idle_dropout(name, implementation, options)
  _check_options(name, implementation, options)
  network = ALL[name]
  build = _function(name, implementation)
  options = {**network.family.defaults, **network.fixed, **options}
  normalization = options.pop(_NORMALIZATION, None)

  def slim_fn(images, **call_options):
    arguments = {
      **options,
      **call_options,
      'weight_decay': weight_decay,
      'is_training': is_training,
    }
    with _open_scopes(name, arguments) as arguments:
      return build(images, num_classes, **arguments)

  def fast_fn(images, **call_options):
    return build(
      images,
      num_classes,
      is_training=is_training,
      weight_decay=weight_decay,
      **{**options, **call_options},
    )

  network_fn = fast_fn if implementation == 'fast' else slim_fn
  if normalization is not None:
    network_fn = _normalize_first(network_fn, normalization)
  network_fn.default_image_size = build.default_image_size
  return network_fn


@contextlib.contextmanager
def _open_scopes(name, arguments):
  """Opens slim's arg_scopes; yields the arguments that the network takes."""
  from nets import dropout
  from nets.tf_slim_compat import slim

  seed = arguments.pop(_SEED, None)
  # The layers of base/tf_slim_compat.py are synchronised where not fused.
  fused = False if arguments.pop(_SYNC, False) else None
  scope_arguments, arguments = _split(name, arguments)
  with (
    slim.arg_scope(_arg_scope(name)(**scope_arguments)),
    slim.arg_scope([slim.batch_norm], fused=fused),
    slim.arg_scope([dropout.dropout, dropout.drop_path], seed=seed),
  ):
    yield arguments


def _normalize_first(network_fn, normalization):
  """Returns network_fn of images that are normalised, from [-1, 1]."""
  mean, deviation = map(np.array, networks.INPUT_NORMALIZATIONS[normalization])
  # Of values from 0 to 1: (0.5 * images + 0.5 - mean) / deviation.
  scale = (0.5 / deviation).astype(np.float32)
  offset = ((0.5 - mean) / deviation).astype(np.float32)
  return lambda images, **options: network_fn(
    images * scale + offset, **options
  )


def _scope_parameters(name):
  """Returns {option: what the arg_scope calls it}."""
  return {
    _OPTIONS.get(parameter, parameter): parameter
    for parameter in _parameters(_arg_scope(name))
  }


def _split(name, arguments):
  """Divides arguments into (the arg_scope's, the network function's).

  is_training goes to both that take it.
  """
  of_scope = _scope_parameters(name)
  of_network = _parameters(_function(name, 'slim'))
  return (
    {
      of_scope[key]: value
      for key, value in arguments.items()
      if key in of_scope
    },
    {
      key: value
      for key, value in arguments.items()
      if key in of_network or key not in of_scope
    },
  )


def _parameters(function):
  return tuple(inspect.signature(function).parameters)


def _options_of(name, implementation):
  known = _parameters(_function(name, implementation))
  if implementation == 'slim':
    known += (*_scope_parameters(name), _SEED, _SYNC)
  return (*known, _NORMALIZATION)


def _without_idle_dropout(name, implementation, options):
  """Leaves out the wish for no dropout, and its seed, where there is none."""
  if _DROPOUT in _options_of(name, implementation):
    return options
  idle = (_SEED, _DROPOUT) if options.get(_DROPOUT) == 1.0 else (_SEED,)
  return {key: value for key, value in options.items() if key not in idle}


def _check(name, num_classes, implementation):
  if name not in ALL:
    raise InputError(
      f'Unknown network {name!r}{did_you_mean(name, ALL)}; there are '
      f'{", ".join(ALL)}.'
    )
  if implementation not in IMPLEMENTATIONS:
    raise InputError(
      f'Unknown implementation {implementation!r}; there are '
      f'{", ".join(IMPLEMENTATIONS)}.'
    )
  if name in networks.DETECTORS and not num_classes:
    raise InputError(
      f'{name} needs a number of classes, not {num_classes}; '
      'the background is none.'
    )


def _check_options(name, implementation, options):
  known = _options_of(name, implementation)
  for option in options:
    if option in ALL[name].fixed:
      raise InputError(f'{option} is fixed by the network name {name!r}.')
    if option in _FAST_OPTIONS and implementation != 'fast':
      raise InputError(
        f'{option} needs implementation fast, not {implementation}.'
      )
    if option not in known:
      raise InputError(f'{name} has no option {option}.')
  if options.get('data_format', 'NHWC') not in DATA_FORMATS:
    raise InputError(
      f'Unknown data_format {options["data_format"]!r}; there '
      f'are {", ".join(DATA_FORMATS)}.'
    )
  normalization = options.get(_NORMALIZATION)
  if normalization not in (None, *networks.INPUT_NORMALIZATIONS):
    raise InputError(
      f'Unknown input_normalization {normalization!r}; there are '
      f'{", ".join(networks.INPUT_NORMALIZATIONS)}.'
    )
  if tf.as_dtype(options.get('compute_dtype', tf.float32)).name not in (
    COMPUTE_DTYPES
  ):
    raise InputError(
      f'Unknown compute_dtype {options["compute_dtype"]!r}; '
      f'there are {", ".join(COMPUTE_DTYPES)}.'
    )
