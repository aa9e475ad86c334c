"""Mobile DeepLabV3 in raw TensorFlow: NCHW or NHWC, any float precision, XLA.

The twin of `nets/deeplab_v3.py`: the same variables and end points;
is_training, data_format and compute_dtype in place of arg scopes.
"""

from collections.abc import Sequence

import tensorflow.compat.v1 as tf

from fast import dropout
from fast import heads
from fast import layers
from fast import layout
from fast import mobilenet_v2
from fast.layout import Setup
from specs import deeplab_v3 as table


def _image_pooling(net, setup):
  """Returns [batch, 1, 1, 256], in setup's layout.

  In float32, where it is as good as nothing to compute: images differ little in
  their means, and batch norm makes much of what they differ in.
  """
  pooled = layers.conv2d(
    heads.global_pool(net, setup),
    table.HEAD_CHANNELS,
    1,
    setup._replace(data_format='NHWC', compute_dtype=tf.float32),
    'image_pooling',
  )
  return layout.from_nhwc(pooled, setup)


def _atrous(net, branch, setup):
  """Returns a branch that looks at a distance: a 3x3 convolution with rate."""
  if not branch.separable:
    return layers.conv2d(
      net, table.HEAD_CHANNELS, 3, setup, branch.scope, rate=branch.rate
    )

  def initialized(stddev):
    return setup._replace(weights_initializer=None, stddev=stddev)

  net = layers.depthwise_conv2d(
    net, 3, initialized(0.33), f'{branch.scope}_depthwise', rate=branch.rate
  )
  return layers.conv2d(
    net, table.HEAD_CHANNELS, 1, initialized(0.06), f'{branch.scope}_pointwise'
  )


def _head(net, spec, setup):
  """Returns ([batch, height, width, 256], end_points), in setup's layout."""
  points = {}
  points['image_pooling'] = _image_pooling(net, setup)
  points['aspp0'] = layers.conv2d(net, table.HEAD_CHANNELS, 1, setup, 'aspp0')
  for branch in spec.atrous:
    points[branch.scope] = _atrous(net, branch, setup)
  # What the whole image says is the same at every position.
  everywhere = tf.shape(points['aspp0'])
  net = tf.concat(
    [tf.broadcast_to(point, everywhere) for point in points.values()],
    axis=layout.channel_axis(setup),
  )
  net = layers.conv2d(net, table.HEAD_CHANNELS, 1, setup, 'concat_projection')
  points['concat_projection'] = net
  return net, points


def deeplab_v3(
  images: tf.Tensor,
  num_classes: int | None = 21,
  depth_multiplier: float = 1.0,
  output_stride: int = 16,
  atrous_rates: Sequence[int] | None = None,
  aspp_with_separable_conv: bool = True,
  is_training: bool = False,
  fine_tune_batch_norm: bool = True,
  batch_norm_decay: float | tf.Tensor | None = None,
  sync_batch_norm: bool = False,
  freeze_backbone: bool = False,
  use_explicit_padding: bool = False,
  batch_norm_epsilon: float = 0.001,
  data_format: str = 'NHWC',
  compute_dtype: tf.DType = tf.float32,
  weight_decay: float = 0.0,
  dropout_keep_prob: float = 0.9,
  seed: tf.Tensor | None = None,
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
  """Builds the network; arguments are nets.deeplab_v3.deeplab_v3's, and these.

  Args:
    data_format: 'NHWC' or 'NCHW': the layout inside.
    compute_dtype: float32, bfloat16 or float16: the precision inside.
    weight_decay: factor of the L2 terms in REGULARIZATION_LOSSES.
    dropout_keep_prob: part of the head's last features that training keeps.
    seed: int32 [2], of what is dropped; None: TensorFlow's random numbers.

  Returns:
    (float32 logits, end_points in NHWC and compute_dtype), as in
    nets/deeplab_v3.py.
  """
  spec = table.resolve(
    depth_multiplier, output_stride, atrous_rates, aspp_with_separable_conv
  )
  train_batch_norm = is_training and fine_tune_batch_norm
  in_backbone, in_head = table.batch_norm_decays(batch_norm_decay)
  setup = Setup(
    train_batch_norm,
    data_format,
    compute_dtype,
    activation_fn=tf.nn.relu,
    batch_norm_decay=in_head,
    sync_batch_norm=sync_batch_norm,
    weight_decay=weight_decay,
    batch_norm_epsilon=table.HEAD_BATCH_NORM_EPSILON,
    weights_initializer=tf.glorot_uniform_initializer(),
    seed=seed,
  )
  net, end_points = mobilenet_v2.mobilenet(
    images,
    is_training=train_batch_norm and not freeze_backbone,
    base_only=True,
    use_explicit_padding=use_explicit_padding,
    batch_norm_epsilon=batch_norm_epsilon,
    batch_norm_decay=in_backbone,
    sync_batch_norm=sync_batch_norm,
    data_format=data_format,
    compute_dtype=compute_dtype,
    weight_decay=weight_decay,
    **spec.backbone._asdict(),
  )
  net, points = _head(layout.from_nhwc(net, setup), spec, setup)
  for key, point in points.items():
    end_points[key] = layout.to_nhwc(point, setup)
  net = layout.to_nhwc(net, setup)
  if not num_classes:
    return net, end_points
  net = dropout.dropout(
    net, dropout_keep_prob, setup._replace(is_training=is_training)
  )
  logits = heads.logits(
    tf.cast(net, tf.float32),
    num_classes,
    setup._replace(weights_initializer=None, stddev=0.01),
    'logits/semantic',
    spatial_squeeze=False,
  )
  return logits, end_points


deeplab_v3.default_image_size = 513
