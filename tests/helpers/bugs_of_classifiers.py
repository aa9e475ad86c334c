"""Bugs of classifiers, their input and training, for planted_bugs to plant."""

_PARITY = 'tests/fast/parity_test.py'
_GOLDEN = 'tests/nets/golden_test.py'
_FAMILY_V2 = (_PARITY, '-k', 'every_family_mobilenet_v2')
_OPTIONS_V2 = (_PARITY, '-k', 'options_mobilenet_v2')
_GOLDEN_V2 = (_GOLDEN, '-k', 'mobilenet_v2_0.35')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'fast: epsilon 1e-5',
    'fast/mobilenet_v2.py',
    'batch_norm_epsilon: float = 0.001',
    'batch_norm_epsilon: float = 1e-5',
    _FAMILY_V2,
  ),
  (
    'slim: epsilon 1e-5',
    'nets/mobilenet_v2.py',
    'batch_norm_epsilon: float = 0.001',
    'batch_norm_epsilon: float = 1e-5',
    _FAMILY_V2,
  ),
  (
    'fast: no activation after depthwise',
    'fast/mobilenet_v2.py',
    "'depthwise', block.stride, block.rate",
    "'depthwise', block.stride, block.rate, True",
    _FAMILY_V2,
  ),
  (
    'slim: an activation after project',
    'nets/mobilenet_v2.py',
    'activation_fn=None if block.linear else activation_fn',
    'activation_fn=activation_fn',
    _FAMILY_V2,
  ),
  (
    'fast: no shortcut',
    'fast/mobilenet_v2.py',
    'net += inputs',
    'net += 0.0',
    _FAMILY_V2,
  ),
  (
    'slim: no shortcut',
    'nets/mobilenet_v2.py',
    'net += inputs',
    'net += 0.0',
    _FAMILY_V2,
  ),
  (
    'fast: no gradient through the shortcut',
    'fast/mobilenet_v2.py',
    'net += inputs',
    'net += tf.stop_gradient(inputs)',
    _FAMILY_V2,
  ),
  (
    'fast: the rate ignored',
    'fast/layers.py',
    'dilations=[rate, rate]',
    'dilations=[1, 1]',
    _OPTIONS_V2,
  ),
  (
    'slim: the rate ignored',
    'nets/mobilenet_v2.py',
    'rate=block.rate',
    'rate=1',
    _OPTIONS_V2,
  ),
  (
    'specs: the rate multiplies a layer early',
    'specs/arithmetic.py',
    'resolved.append((1, rate))\n      rate *= stride',
    'rate *= stride\n      resolved.append((1, rate))',
    (_GOLDEN, '-k', 'mobilenet_v2_0.5_96_os8'),
  ),
  (
    'fast: mean and variance swapped in evaluation',
    'fast/layers.py',
    '  scale = norm.gamma',
    '  norm = norm._replace(moving_mean=norm[3], moving_variance=norm[2])\n'
    '  scale = norm.gamma',
    _FAMILY_V2,
  ),
  (
    'fast: updates of mean and variance swapped',
    'fast/layers.py',
    '(norm.moving_mean, mean),\n    (norm.moving_variance, variance),',
    '(norm.moving_mean, variance),\n    (norm.moving_variance, mean),',
    _FAMILY_V2,
  ),
  (
    'fast: decay of the averages 0.99',
    'fast/mobilenet_v2.py',
    'batch_norm_decay: float | tf.Tensor = 0.997',
    'batch_norm_decay: float | tf.Tensor = 0.99',
    _GOLDEN_V2,
  ),
  (
    'fast: explicit padding shifted by a pixel',
    'fast/layers.py',
    'pads[axis] = [total // 2, total - total // 2]',
    'pads[axis] = [total // 2 + 1, total - total // 2 - 1]',
    _OPTIONS_V2,
  ),
  (
    'specs: the last layer shrinks with the width',
    'specs/mobilenet_v2.py',
    'if finegrain_classification_mode and depth_multiplier < 1',
    'if finegrain_classification_mode and depth_multiplier > 1',
    _GOLDEN_V2,
  ),
  (
    'fast: NCHW with height and width swapped',
    'fast/layout.py',
    '[0, 3, 1, 2]',
    '[0, 3, 2, 1]',
    _OPTIONS_V2,
  ),
  (
    'fast: twice the bfloat16 gradient of strided kernels',
    'fast/layers.py',
    'tf.cast(of_kernel, kernel.dtype)',
    'tf.cast(2.0 * of_kernel, kernel.dtype)',
    ('tests/fast/layers_test.py',),
  ),
  (
    'fast: no activation in squeeze and excite',
    'fast/mobilenet_v3.py',
    'tf.nn.relu(gate)',
    'gate',
    (_PARITY, '-k', 'every_family_mobilenet_v3'),
  ),
  (
    'fast: means over height and width in half precision',
    'fast/heads.py',
    'tf.reduce_mean(tf.cast(net, tf.float32), setup.spatial_axes)',
    'tf.cast(tf.reduce_mean(net, setup.spatial_axes), tf.float32)',
    ('tests/fast/heads_test.py',),
  ),
  (
    'slim: channels shuffled the other way',
    'nets/shufflenet_v1.py',
    'tf.split(net, groups, axis=3), axis=4)',
    'tf.split(net, groups, axis=3), axis=3)',
    ('tests/nets/shufflenet_v1_test.py', '-k', 'test_shuffle'),
  ),
  (
    'fast: channels shuffled the other way',
    'fast/shufflenet_v1.py',
    '[-1, groups, net.shape[3] // groups]',
    '[-1, net.shape[3] // groups, groups]',
    (_PARITY, '-k', 'every_family_shufflenet'),
  ),
  (
    'fast: no shift in the factorized reduction',
    'fast/nasnet.py',
    'pads[axis], begin[axis] = [0, 1], 1',
    'pads[axis], begin[axis] = [0, 1], 0',
    (_GOLDEN, '-k', 'nasnet and nhwc'),
  ),
  (
    'specs: weight decay on depthwise kernels',
    'specs/roles.py',
    "leaf in ('weights', 'pointwise_weights')",
    "leaf in ('weights', 'pointwise_weights', 'depthwise_weights')",
    _GOLDEN_V2,
  ),
  (
    'training: the loss scale not divided out',
    'training/step.py',
    '[gradient / scale for gradient in gradients]',
    '[gradient / 1.0 for gradient in gradients]',
    ('tests/training/loss_scale_test.py',),
  ),
  (
    'input: every epoch in the order of the first',
    'datasets/input_pipeline.py',
    'tf.stack([seed, position // num_examples])',
    'tf.stack([seed, 0 * position])',
    ('tests/datasets/input_pipeline_test.py',),
  ),
)
