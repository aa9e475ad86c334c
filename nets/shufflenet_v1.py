"""ShuffleNetV1 in tf-slim: grouped 1x1 convolutions and channel shuffles.

https://arxiv.org/abs/1707.01083

  with slim.arg_scope(shufflenet_v1.shufflenet_v1_arg_scope()):
    logits, end_points = shufflenet_v1.shufflenet_v1(images, num_classes=1000)

Slim has published none: padding and the order of channels are those of the
authors' PyTorch network, whose weights fit. `fast/shufflenet_v1.py` is its
twin.
"""

from collections.abc import Callable
from typing import Any

import tensorflow.compat.v1 as tf

from base.errors import InputError
from nets import dropout
from nets.tf_slim_compat import slim
from specs import networks
from specs import shufflenet_v1 as table


@slim.add_arg_scope
def grouped_conv1x1(
  inputs: tf.Tensor,
  num_outputs: int,
  groups: int,
  activation_fn: Callable | None = tf.nn.relu,
  normalizer_fn: Callable | None = None,
  weights_initializer: Callable | None = None,
  weights_regularizer: Callable | None = None,
  scope: str | None = None,
) -> tf.Tensor:
  """Convolves each group of channels alone, as slim.conv2d does them all.

  Args:
    inputs: [batch, height, width, channels].
    num_outputs: channels of the output, the first of them from the first group.
    groups: number of groups; divides channels and num_outputs.
    activation_fn: None leaves it out.
    normalizer_fn: None leaves it out; there are no biases either way.
    weights_initializer: of the kernels [1, 1, channels / groups, num_outputs];
      slim.conv2d's where None.
    weights_regularizer: of the kernels; may be None.
    scope: variable scope.

  Returns:
    [batch, height, width, num_outputs].
  """
  with tf.variable_scope(scope, 'GroupedConv', [inputs]):
    weights = slim.model_variable(
      'weights',
      [1, 1, inputs.shape[3] // groups, num_outputs],
      initializer=weights_initializer or slim.xavier_initializer(),
      regularizer=weights_regularizer,
    )
    net = tf.concat(
      [
        tf.nn.conv2d(group, kernel, strides=1, padding='VALID')
        for group, kernel in zip(
          tf.split(inputs, groups, axis=3), tf.split(weights, groups, axis=3)
        )
      ],
      axis=3,
    )
    if normalizer_fn:
      net = normalizer_fn(net)
    return activation_fn(net) if activation_fn else net


def shufflenet_v1_arg_scope(
  is_training: bool = True,
  weight_decay: float = 4e-5,
  stddev: float = 0.09,
  batch_norm_decay: float | tf.Tensor = 0.9,
) -> dict:
  """Returns the arg_scope of a recipe: what the network's layers share."""
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  with (
    slim.arg_scope([shufflenet_v1], is_training=is_training),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d, grouped_conv1x1],
      weights_initializer=tf.truncated_normal_initializer(stddev=stddev),
    ),
    slim.arg_scope(
      [slim.conv2d, grouped_conv1x1], weights_regularizer=regularizer
    ),
    slim.arg_scope([slim.batch_norm], decay=batch_norm_decay) as scope,
  ):
    return scope


def _layer_scope(is_training, batch_norm_epsilon):
  """Returns the arg_scope of the architecture itself."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d, grouped_conv1x1],
      activation_fn=tf.nn.relu,
      normalizer_fn=slim.batch_norm,
    ),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d, slim.max_pool2d, slim.avg_pool2d],
      padding='VALID',
    ),
    slim.arg_scope([slim.batch_norm, slim.dropout], is_training=is_training),
    slim.arg_scope(
      [slim.batch_norm], center=True, scale=True, epsilon=batch_norm_epsilon
    ) as scope,
  ):
    return scope


def _pad(net):
  """Pads one pixel of zeros on all sides, for a 3x3 kernel.

  The average pool counts them; the max pool follows a ReLU, below which there
  is nothing.
  """
  return tf.pad(net, [[0, 0], [1, 1], [1, 1], [0, 0]])


def _shuffle(net, groups):
  """Puts the first channels of all groups first, then the second, ..."""
  shuffled = tf.stack(tf.split(net, groups, axis=3), axis=4)
  return tf.reshape(shuffled, tf.shape(net))


def _unit(net, unit, groups):
  """Builds one unit, shuffling where the authors' code does.

  The paper shuffles before the depthwise convolution; that is the same with
  the depthwise kernels in another order.
  """
  shortcut = net
  with tf.variable_scope(unit.scope):
    net = grouped_conv1x1(
      net, unit.bottleneck, unit.first_groups, scope='gconv1'
    )
    net = slim.separable_conv2d(
      _pad(net),
      None,
      [3, 3],
      depth_multiplier=1,
      stride=unit.stride,
      activation_fn=None,
      scope='depthwise',
    )
    net = _shuffle(net, groups)
    net = grouped_conv1x1(
      net, unit.branch, groups, activation_fn=None, scope='gconv2'
    )
    if unit.stride == 1:
      return tf.nn.relu(shortcut + net)
    shortcut = slim.avg_pool2d(_pad(shortcut), [3, 3], stride=2)
    return tf.concat([shortcut, tf.nn.relu(net)], axis=3)


def _feature_maps(net, spec):
  """Yields (name, feature map) of each end point, building it when asked."""
  net = slim.conv2d(
    _pad(net), spec.stem_channels, [3, 3], stride=2, scope='Conv1'
  )
  yield 'Conv1', net
  net = slim.max_pool2d(_pad(net), [3, 3], stride=2, scope='Conv1_pool')
  yield 'Conv1_pool', net
  for unit in spec.units:
    net = _unit(net, unit, spec.groups)
    for name in unit.end_points:
      yield name, net


def _features(net, spec, final_endpoint):
  """Builds up to final_endpoint; returns (features, end_points)."""
  end_points = {}
  for name, feature_map in _feature_maps(net, spec):
    end_points[name] = feature_map
    if name == final_endpoint:
      return feature_map, end_points
  raise InputError(
    f'final_endpoint {final_endpoint!r} is not one of {", ".join(end_points)}.'
  )


@slim.add_arg_scope
def shufflenet_v1(
  inputs: tf.Tensor,
  num_classes: int | None = 1000,
  depth_multiplier: float = 1.0,
  groups: int = 3,
  dropout_keep_prob: float = 1.0,
  is_training: bool = False,
  final_endpoint: str | None = 'Stage4',
  prediction_fn: Callable | None = slim.softmax,
  reuse: bool | None = None,
  scope: str | None = 'ShufflenetV1',
  base_only: bool = False,
  batch_norm_epsilon: float = 1e-5,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    inputs: float32 [batch, height, width, 3] in [-1, 1].
    num_classes: 0 or None leaves the logits layer out.
    depth_multiplier: 0.5, 1.0, 1.5 or 2.0.
    groups: of the 1x1 convolutions, 1, 2, 3, 4 or 8.
    dropout_keep_prob: part of the pooled features that training keeps.
    is_training: whether batch norm takes batch statistics, and dropout drops.
    final_endpoint: 'Conv1', 'Conv1_pool', 'Stage2/Unit_1' .. 'Stage4': the
      last layer before pooling.
    prediction_fn: makes end_points['Predictions'] of the logits; may be None.
    reuse: of the variables.
    scope: variable scope.
    base_only: leaves out pooling and what follows it.
    batch_norm_epsilon: added to the variances.

  Returns:
    (logits [batch, num_classes], end_points). In place of logits: the pooled
    features [batch, 1, 1, channels] without num_classes, the feature map
    [batch, height, width, channels] with base_only.

  Raises:
    InputError: unknown final_endpoint, depth_multiplier or groups.
  """
  spec = table.resolve(depth_multiplier, groups)
  with (
    tf.variable_scope(scope, 'ShufflenetV1', [inputs], reuse=reuse),
    slim.arg_scope(_layer_scope(is_training, batch_norm_epsilon)),
  ):
    net, end_points = _features(inputs, spec, final_endpoint)
    if base_only:
      return net, end_points
    with tf.variable_scope('Logits'):
      net = tf.reduce_mean(net, [1, 2], keepdims=True, name='global_pool')
      end_points['global_pool'] = net
      if not num_classes:
        return net, end_points
      net = dropout.dropout(net, keep_prob=dropout_keep_prob, scope='Dropout')
      logits = slim.conv2d(
        net,
        num_classes,
        [1, 1],
        activation_fn=None,
        normalizer_fn=None,
        scope='Conv2d_1c_1x1',
      )
      logits = tf.squeeze(logits, [1, 2])
  end_points['Logits'] = logits
  if prediction_fn:
    end_points['Predictions'] = prediction_fn(logits)
  return logits, end_points


def shufflenet_v1_base(
  inputs: tf.Tensor, final_endpoint: str | None = 'Stage4', **arguments: Any
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds shufflenet_v1 (same arguments) without pooling and classifier."""
  return shufflenet_v1(
    inputs, final_endpoint=final_endpoint, base_only=True, **arguments
  )


shufflenet_v1.default_image_size = 224


shufflenet_v1_200 = networks.named(shufflenet_v1, 'shufflenet_v1_200')
shufflenet_v1_150 = networks.named(shufflenet_v1, 'shufflenet_v1_150')
shufflenet_v1_050 = networks.named(shufflenet_v1, 'shufflenet_v1_050')
