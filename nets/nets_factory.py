"""Name -> network function, in either implementation."""

import inspect
from typing import Callable, NamedTuple

import tensorflow as tf

from errors import InputError
from fast import layers
from fast import mobilenet_v1 as fast_mobilenet_v1
from fast import mobilenet_v2 as fast_mobilenet_v2
from fast import nasnet as fast_nasnet
from fast import shufflenet_v1 as fast_shufflenet_v1
from nets import mobilenet_v1
from nets import mobilenet_v2
from nets import nasnet
from nets import shufflenet_v1
from nets.tf_slim_compat import slim

IMPLEMENTATIONS = ('slim', 'fast')
_FAST_OPTIONS = ('data_format', 'compute_dtype')


class _Network(NamedTuple):
  slim: Callable  # (images, num_classes, ...) -> (logits, end_points)
  scope: Callable  # slim's arg_scope: see _mobilenet_v2_scope
  scope_options: tuple  # that scope takes, and not slim
  fast: Callable
  defaults: dict  # options
  fixed: dict  # options that the name stands for


def _mobilenet_v1_scope(weight_decay, is_training, batch_norm_decay=0.9997):
  return mobilenet_v1.mobilenet_v1_arg_scope(
      is_training, weight_decay, batch_norm_decay=batch_norm_decay)


def _mobilenet_v1(**fixed):
  return _Network(mobilenet_v1.mobilenet_v1, _mobilenet_v1_scope,
                  ('batch_norm_decay',), fast_mobilenet_v1.mobilenet_v1,
                  {'global_pool': True}, fixed)


def _mobilenet_v2_scope(weight_decay, is_training, batch_norm_decay=0.997,
                        dropout_keep_prob=0.8):
  return mobilenet_v2.training_scope(
      is_training=is_training, weight_decay=weight_decay,
      bn_decay=batch_norm_decay, dropout_keep_prob=dropout_keep_prob)


def _mobilenet_v2(**fixed):
  # The published models keep the last layer at 1280 channels.
  return _Network(mobilenet_v2.mobilenet, _mobilenet_v2_scope,
                  ('batch_norm_decay', 'dropout_keep_prob'),
                  fast_mobilenet_v2.mobilenet,
                  {'finegrain_classification_mode': True}, fixed)


def _nasnet_mobile_scope(weight_decay, is_training, batch_norm_decay=0.9997):
  del is_training  # an argument of the network alone
  return nasnet.nasnet_mobile_arg_scope(weight_decay, batch_norm_decay)


def _shufflenet_v1_scope(weight_decay, is_training, batch_norm_decay=0.9):
  return shufflenet_v1.shufflenet_v1_arg_scope(
      is_training, weight_decay, batch_norm_decay=batch_norm_decay)


def _shufflenet_v1(**fixed):
  return _Network(shufflenet_v1.shufflenet_v1, _shufflenet_v1_scope,
                  ('batch_norm_decay',), fast_shufflenet_v1.shufflenet_v1,
                  {}, fixed)


_NETWORKS = {
    'mobilenet_v1': _mobilenet_v1(),
    'mobilenet_v1_075': _mobilenet_v1(depth_multiplier=0.75),
    'mobilenet_v1_050': _mobilenet_v1(depth_multiplier=0.5),
    'mobilenet_v1_025': _mobilenet_v1(depth_multiplier=0.25),
    'mobilenet_v2': _mobilenet_v2(),
    'mobilenet_v2_140': _mobilenet_v2(depth_multiplier=1.4),
    'mobilenet_v2_130': _mobilenet_v2(depth_multiplier=1.3),
    'mobilenet_v2_075': _mobilenet_v2(depth_multiplier=0.75),
    'mobilenet_v2_050': _mobilenet_v2(depth_multiplier=0.5),
    'mobilenet_v2_035': _mobilenet_v2(depth_multiplier=0.35),
    'nasnet_mobile': _Network(
        nasnet.build_nasnet_mobile, _nasnet_mobile_scope,
        ('batch_norm_decay',), fast_nasnet.build_nasnet_mobile, {}, {}),
    'shufflenet_v1': _shufflenet_v1(depth_multiplier=1.0),
    'shufflenet_v1_200': _shufflenet_v1(depth_multiplier=2.0),
    'shufflenet_v1_150': _shufflenet_v1(depth_multiplier=1.5),
    'shufflenet_v1_050': _shufflenet_v1(depth_multiplier=0.5),
}


def network_names():
  return tuple(_NETWORKS)


def _known_options(network, implementation):
  if implementation == 'fast':
    return inspect.signature(network.fast).parameters
  return (*inspect.signature(network.slim).parameters, *network.scope_options)


def _check(name, implementation, options):
  if name not in _NETWORKS:
    raise InputError(f'Unknown network {name!r}; there are '
                     f'{", ".join(_NETWORKS)}.')
  if implementation not in IMPLEMENTATIONS:
    raise InputError(f'Unknown implementation {implementation!r}; there are '
                     f'{", ".join(IMPLEMENTATIONS)}.')
  for option in options:
    if option in _NETWORKS[name].fixed:
      raise InputError(f'{option} is fixed by the network name {name!r}.')
    if option in _FAST_OPTIONS and implementation != 'fast':
      raise InputError(f'{option} needs implementation fast, not '
                       f'{implementation}.')
    if option not in _known_options(_NETWORKS[name], implementation):
      raise InputError(f'{name} has no option {option}.')
  if options.get('data_format', 'NHWC') not in layers.DATA_FORMATS:
    raise InputError(f'Unknown data_format {options["data_format"]!r}; there '
                     f'are {", ".join(layers.DATA_FORMATS)}.')
  if options.get('compute_dtype', tf.float32) not in layers.COMPUTE_DTYPES:
    raise InputError(f'Unknown compute_dtype {options["compute_dtype"]!r}; '
                     'there are float32, bfloat16 and float16.')


def get_network_fn(name, num_classes, weight_decay=0.0, is_training=False,
                   implementation='slim', **options):
  """Returns a network function.

  Args:
    name: one of network_names().
    num_classes: 0 or None leaves the logits layer out.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    is_training: whether to build the network for training.
    implementation: 'slim' or 'fast'.
    **options: of either implementation: depth_multiplier, output_stride,
      use_explicit_padding, dropout_keep_prob, batch_norm_decay,
      final_endpoint; of fast: data_format, compute_dtype. An option that is
      None is as good as left out.

  Returns:
    network_fn(images, **options) -> (logits, end_points). images: float32
    [batch, height, width, 3] in [-1, 1]; logits: float32
    [batch, num_classes]; end_points: dict of tensors in NHWC.
    network_fn.default_image_size: int.

  Raises:
    InputError: unknown name, implementation or option value.
  """
  options = {key: value for key, value in options.items() if value is not None}
  _check(name, implementation, options)
  network = _NETWORKS[name]
  options = {**network.defaults, **network.fixed, **options}

  def slim_fn(images, **call_options):
    arguments = {**options, **call_options}
    scope_options = {key: arguments.pop(key) for key in network.scope_options
                     if key in arguments}
    scope = network.scope(weight_decay, is_training, **scope_options)
    with slim.arg_scope(scope):
      return network.slim(images, num_classes, is_training=is_training,
                          **arguments)

  def fast_fn(images, **call_options):
    return network.fast(images, num_classes, is_training=is_training,
                        weight_decay=weight_decay,
                        **{**options, **call_options})

  network_fn = fast_fn if implementation == 'fast' else slim_fn
  network_fn.default_image_size = network.slim.default_image_size
  return network_fn
