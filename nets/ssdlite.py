"""SSDLite on MobileNetV2 in tf-slim: boxes and classes from six feature maps.

https://arxiv.org/abs/1801.04381, section 6.2

  with slim.arg_scope(ssdlite.ssdlite_arg_scope(is_training=False)):
    predictions, end_points = ssdlite.ssdlite_mobilenet_v2(images, 90)

Variable names are those of the published ssdlite_mobilenet_v2_coco, whose
checkpoints fit. `fast/ssdlite.py` is its twin; what boxes and classes mean is
in tasks/detection/.
"""

import tensorflow.compat.v1 as tf

from nets import mobilenet_v2
from nets.tf_slim_compat import slim
from specs import ssdlite as table


def ssdlite_arg_scope(
  is_training: bool = True,
  weight_decay: float = 4e-5,
  stddev: float = 0.03,
  bn_decay: float = 0.9997,
) -> dict:
  """Returns the arg_scope of the recipe: what the network's layers share.

  Unlike the backbone's, the depthwise weights of the further feature maps and
  of the heads are decayed, as published.
  """
  regularizer = slim.l2_regularizer(weight_decay) if weight_decay else None
  with (
    slim.arg_scope([ssdlite_mobilenet_v2], is_training=is_training),
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      weights_initializer=tf.truncated_normal_initializer(stddev=stddev),
      weights_regularizer=regularizer,
    ),
    slim.arg_scope([slim.batch_norm], decay=bn_decay) as scope,
  ):
    return scope


def _backbone_scope():
  """Returns the arg_scope of what the classifier's recipe has otherwise."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      weights_initializer=tf.truncated_normal_initializer(stddev=0.09),
    ),
    slim.arg_scope([slim.separable_conv2d], weights_regularizer=None) as scope,
  ):
    return scope


def _layer_scope(is_training):
  """Returns the arg_scope of what follows the backbone."""
  with (
    slim.arg_scope(
      [slim.conv2d, slim.separable_conv2d],
      padding='SAME',
      activation_fn=tf.nn.relu6,
      normalizer_fn=slim.batch_norm,
    ),
    slim.arg_scope(
      [slim.batch_norm],
      center=True,
      scale=True,
      epsilon=0.001,
      is_training=is_training,
    ) as scope,
  ):
    return scope


def _depthwise(net, scope, stride=1):
  return slim.separable_conv2d(
    net, None, [3, 3], depth_multiplier=1, stride=stride, scope=scope
  )


def _extra(net, extra):
  """Returns the feature map that follows net, at half its size."""
  net = slim.conv2d(net, extra.squeezed, [1, 1], scope=extra.squeeze_scope)
  net = _depthwise(net, f'{extra.scope}_depthwise', stride=2)
  return slim.conv2d(net, extra.channels, [1, 1], scope=extra.scope)


def _predict(net, anchors, values, scope):
  """Returns [batch, height * width * anchors, values]."""
  net = _depthwise(net, f'{scope}_depthwise')
  net = slim.conv2d(
    net,
    anchors * values,
    [1, 1],
    activation_fn=None,
    normalizer_fn=None,
    scope=scope,
  )
  return tf.reshape(net, [-1, net.shape[1] * net.shape[2] * anchors, values])


def _head(net, head, num_classes):
  """Returns the Predictions of one feature map."""
  with tf.variable_scope(head.scope):
    return table.Predictions(
      _predict(net, head.anchors, table.BOX_VALUES, 'BoxEncodingPredictor'),
      _predict(net, head.anchors, 1 + num_classes, 'ClassPredictor'),
    )


def _feature_maps(images, spec, arguments, is_training):
  """Returns (six feature maps, the backbone's end_points)."""
  with tf.variable_scope('FeatureExtractor'):
    with slim.arg_scope(_backbone_scope()):
      _, end_points = mobilenet_v2.mobilenet_base(images, **arguments)
    maps = [end_points[key] for key in table.BACKBONE_MAPS]
    with (
      tf.variable_scope('MobilenetV2'),
      slim.arg_scope(_layer_scope(is_training)),
    ):
      for extra in spec.extras:
        maps.append(_extra(maps[-1], extra))
  return maps, end_points


@slim.add_arg_scope
def ssdlite_mobilenet_v2(
  images: tf.Tensor,
  num_classes: int = 90,
  depth_multiplier: float = 1.0,
  min_depth: int = 16,
  is_training: bool = False,
  freeze_backbone: bool = False,
  use_explicit_padding: bool = False,
  batch_norm_epsilon: float = 0.001,
) -> tuple[table.Predictions, dict[str, tf.Tensor]]:
  """Builds the network.

  Args:
    images: float32 [batch, height, width, 3] in [-1, 1]; of known size.
    num_classes: without the background.
    depth_multiplier: factor on all widths.
    min_depth: least number of channels.
    is_training: whether batch norm takes batch statistics.
    freeze_backbone: whether the backbone infers, whatever is_training is.
    use_explicit_padding: pads the backbone's layers the same on all sides.
    batch_norm_epsilon: added to the variances in the backbone.

  Returns:
    (Predictions, end_points): the backbone's, and feature_map_0 .. 5, which
    are [batch, height, width, channels].

  Raises:
    InputError: numbers that cannot be.
  """
  spec = table.resolve(depth_multiplier, min_depth)
  maps, end_points = _feature_maps(
    images,
    spec,
    {
      'depth_multiplier': depth_multiplier,
      'min_depth': min_depth,
      'is_training': is_training and not freeze_backbone,
      'use_explicit_padding': use_explicit_padding,
      'batch_norm_epsilon': batch_norm_epsilon,
    },
    is_training,
  )
  with slim.arg_scope(_layer_scope(is_training)):
    predictions = [
      _head(net, head, num_classes) for net, head in zip(maps, spec.heads)
    ]
  end_points.update(
    (f'feature_map_{number}', net) for number, net in enumerate(maps)
  )
  return (
    table.Predictions(*(tf.concat(parts, 1) for parts in zip(*predictions))),
    end_points,
  )


ssdlite_mobilenet_v2.default_image_size = 300
