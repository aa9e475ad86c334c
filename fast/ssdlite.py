"""SSDLite on MobileNetV2 in raw TensorFlow: any layout and float precision.

The twin of `nets/ssdlite.py`: the same function, variables and end points;
is_training, data_format and compute_dtype in place of arg scopes.
"""

import tensorflow.compat.v1 as tf

from fast import layers
from fast import layout
from fast import mobilenet_v2
from specs import ssdlite as table


def _depthwise(net, setup, scope, stride=1):
  """Unlike the backbone's, these weights are decayed, as published."""
  return layers.depthwise_conv2d(
    net, 3, setup, scope, stride, weight_decay=setup.weight_decay
  )


def _extra(net, extra, setup):
  """Returns the feature map that follows net, at half its size."""
  net = layers.conv2d(net, extra.squeezed, 1, setup, extra.squeeze_scope)
  net = _depthwise(net, setup, f'{extra.scope}_depthwise', stride=2)
  return layers.conv2d(net, extra.channels, 1, setup, extra.scope)


def _linear(net, channels, setup, scope):
  """1x1 convolution; returns it with biases, in float32 NHWC."""
  with tf.variable_scope(scope):
    inputs = layout.num_channels(net, setup)
    weights = layers.kernel_variable(
      'weights', [1, 1, inputs, channels], setup, setup.weight_decay
    )
    biases = layers.variable('biases', [channels], tf.zeros_initializer())
    net = layers.convolve(net, tf.cast(weights, setup.compute_dtype), setup)
    return tf.cast(layout.to_nhwc(net, setup), tf.float32) + biases


def _predict(net, anchors, values, setup, scope):
  """Returns float32 [batch, height * width * anchors, values]."""
  net = _depthwise(net, setup, f'{scope}_depthwise')
  net = _linear(net, anchors * values, setup, scope)
  return tf.reshape(net, [-1, net.shape[1] * net.shape[2] * anchors, values])


def _head(net, head, num_classes, setup):
  """Returns the Predictions of one feature map."""
  boxes = (head.anchors, table.BOX_VALUES, setup, 'BoxEncodingPredictor')
  classes = (head.anchors, 1 + num_classes, setup, 'ClassPredictor')
  with tf.variable_scope(head.scope):
    return table.Predictions(_predict(net, *boxes), _predict(net, *classes))


def _feature_maps(images, spec, backbone_arguments, setup):
  """Returns (six feature maps in the Setup's layout, end_points)."""
  with tf.variable_scope('FeatureExtractor'):
    _, end_points = mobilenet_v2.mobilenet_base(images, **backbone_arguments)
    # End points are NHWC. A graph's optimizer takes the two transpositions out.
    maps = [
      layout.from_nhwc(end_points[key], setup) for key in table.BACKBONE_MAPS
    ]
    with tf.variable_scope('MobilenetV2'):
      for extra in spec.extras:
        maps.append(_extra(maps[-1], extra, setup))
  return maps, end_points


def ssdlite_mobilenet_v2(
  images: tf.Tensor,
  num_classes: int = 90,
  depth_multiplier: float = 1.0,
  min_depth: int = 16,
  is_training: bool = False,
  freeze_backbone: bool = False,
  use_explicit_padding: bool = False,
  batch_norm_epsilon: float = 0.001,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  stddev: float = 0.03,
  batch_norm_decay: float | tf.Tensor = 0.9997,
  sync_batch_norm: bool = False,
) -> tuple[table.Predictions, dict[str, tf.Tensor]]:
  """Builds the network; arguments are nets.ssdlite's function's, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    stddev: of the initial weights of all but the backbone.
    batch_norm_decay: of the batch norm averages; a number or a scalar tensor.
    sync_batch_norm: whether batch norm takes the statistics of all replicas.

  Returns:
    (Predictions in float32, end_points in NHWC and compute_dtype).
  """
  spec = table.resolve(depth_multiplier, min_depth)
  setup = layout.Setup(
    is_training,
    data_format,
    compute_dtype,
    batch_norm_decay=batch_norm_decay,
    sync_batch_norm=sync_batch_norm,
    weight_decay=weight_decay,
    stddev=stddev,
  )
  backbone_arguments = {
    'depth_multiplier': depth_multiplier,
    'min_depth': min_depth,
    'is_training': is_training and not freeze_backbone,
    'use_explicit_padding': use_explicit_padding,
    'batch_norm_epsilon': batch_norm_epsilon,
    'data_format': data_format,
    'compute_dtype': compute_dtype,
    'weight_decay': weight_decay,
    'batch_norm_decay': batch_norm_decay,
    'sync_batch_norm': sync_batch_norm,
  }
  maps, end_points = _feature_maps(images, spec, backbone_arguments, setup)
  predictions = [
    _head(net, head, num_classes, setup) for net, head in zip(maps, spec.heads)
  ]
  end_points.update(
    (f'feature_map_{number}', layout.to_nhwc(net, setup))
    for number, net in enumerate(maps)
  )
  return (
    table.Predictions(*(tf.concat(parts, 1) for parts in zip(*predictions))),
    end_points,
  )


ssdlite_mobilenet_v2.default_image_size = 300
