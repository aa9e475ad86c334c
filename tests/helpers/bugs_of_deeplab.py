"""Bugs of segmentation for tests/helpers/planted_bugs.py to plant."""

_MAPS = 'tests/tasks/segmentation/maps_test.py'
_RESIZE = (_MAPS, '-k', 'ResizeTest')
_LOSS = (_MAPS, '-k', 'LossTest and hand or LossTest and denominator')
_IGNORED = (_MAPS, '-k', 'test_ignored_pixels')
_MIRRORED = (_MAPS, '-k', 'test_mirrored')
_SMALL = (_MAPS, '-k', 'test_small_logits')
_CLASS_MAP = ('tests/tasks/segmentation/class_map_test.py',)
_MULTI_SCALE = (_MAPS, '-k', 'MultiScaleTest and test_golden1')
_MEAN_IOU = (_MAPS, '-k', 'MeanIouTest')
_SPECS = ('tests/specs/deeplab_v3_test.py',)
_NETS = 'tests/nets/deeplab_v3_test.py'
_SLIM = (_NETS, '-k', 'GoldenTest and test_golden0')
_FAST = (_NETS, '-k', 'GoldenTest and test_golden1')
_SLIM_ASPP = (_NETS, '-k', 'GoldenTest and test_golden3')
_FAST_ASPP = (_NETS, '-k', 'GoldenTest and test_golden4')
_WEIGHT_DECAY = (_NETS, '-k', 'test_weight_decay')
_INITIAL_VALUES = (_NETS, '-k', 'test_initial_values')
_PARITY = 'tests/fast/deeplab_v3_test.py'
_FULL = (_PARITY, '-k', 'test_options1')
_BATCH_NORM = (_PARITY, '-k', 'test_batch_norm_can_stay')
_HALF_POOLING = (_PARITY, '-k', 'test_image_pooling')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'deeplab: images and logits resized without corners on corners',
    'tasks/segmentation/maps.py',
    'tf.float32), size, align_corners=True',
    'tf.float32), size',
    _RESIZE,
  ),
  (
    'deeplab: labels resized without corners on corners',
    'tasks/segmentation/maps.py',
    'nearest, align_corners=True',
    'nearest',
    _RESIZE,
  ),
  (
    'deeplab: a scaled size without its corner',
    'tasks/segmentation/maps.py',
    'int((size - 1) * factor + 1)',
    'int(size * factor)',
    _RESIZE,
  ),
  (
    'deeplab: ignored pixels train',
    'tasks/segmentation/maps.py',
    'tf.where(valid, losses, 0.0)',
    'losses',
    _IGNORED,
  ),
  (
    'deeplab: ignored pixels enter the denominator',
    'tasks/segmentation/maps.py',
    'tf.math.divide_no_nan(tf.reduce_sum(losses), tf.reduce_sum(valid))',
    'tf.reduce_mean(losses)',
    _IGNORED,
  ),
  (
    'deeplab: class weights enter the denominator',
    'tasks/segmentation/maps.py',
    'losses *= tf.gather(tf.constant(class_weights, tf.float32), classes)',
    'weights = tf.gather(tf.constant(class_weights, tf.float32), classes)\n'
    '    losses *= weights / tf.reduce_mean(weights)',
    _LOSS,
  ),
  (
    'deeplab: zeros of the hardest pixels count',
    'tasks/segmentation/maps.py',
    'tf.reduce_sum(tf.cast(hardest != 0.0, tf.float32))',
    'tf.cast(tf.size(hardest), tf.float32)',
    _LOSS,
  ),
  (
    'deeplab: logits of a mirror image are not mirrored back',
    'tasks/segmentation/maps.py',
    'logits = tf.reverse(logits, [2])',
    'pass',
    _MIRRORED,
  ),
  (
    'deeplab: a class map of the padding, too',
    'tasks/segmentation/maps.py',
    'logits[:, : content[0], : content[1]]',
    'logits',
    _CLASS_MAP,
  ),
  (
    'deeplab: small logits straight to the image',
    'tasks/segmentation/maps.py',
    'max(scale, 1.0) / output_stride',
    'scale / output_stride',
    _SMALL,
  ),
  (
    'deeplab: softmax after the mean over scales',
    'tasks/segmentation/maps.py',
    'return tf.add_n(found) / len(found)',
    'logs = [tf.math.log(one) for one in found]\n'
    '  return tf.nn.softmax(tf.add_n(logs) / len(found))',
    _MULTI_SCALE,
  ),
  (
    'deeplab: confusion transposed',
    'tasks/segmentation/maps.py',
    'tf.where(valid, labels, 0),\n    tf.reshape(predictions, [-1]),',
    'tf.reshape(predictions, [-1]),\n    tf.where(valid, labels, 0),',
    _MEAN_IOU,
  ),
  (
    'deeplab: absent classes count as 0',
    'tasks/segmentation/maps.py',
    'ious[~np.isnan(ious)]',
    'np.nan_to_num(ious)',
    _MEAN_IOU,
  ),
  (
    'deeplab: channels in multiples of 8',
    'specs/deeplab_v3.py',
    '8 if depth_multiplier == 1.0 else 1',
    '8',
    _SPECS,
  ),
  (
    'deeplab: the output stride is not the backbone\'s',
    'specs/deeplab_v3.py',
    'Backbone(depth_multiplier, least, least, output_stride)',
    'Backbone(depth_multiplier, least, least, 16)',
    _SPECS,
  ),
  (
    'deeplab: biases learn as fast as weights',
    'specs/roles.py',
    '2.0 if variable_name == _FAST_LEARNING else 1.0',
    '1.0',
    _SPECS,
  ),
  (
    'deeplab: one decay of the averages for backbone and head in training',
    'specs/deeplab_v3.py',
    'return decay if isinstance(decay, tuple) else (decay, decay)',
    'return (decay[0], decay[0]) if isinstance(decay, tuple) else (decay,) * 2',
    ('tests/training/batch_norm_decay_test.py',),
  ),
  (
    'deeplab: the last layer is that of the logits alone',
    'specs/roles.py',
    'is_head(variable_name) or is_pyramid(variable_name)',
    'is_head(variable_name)',
    _SPECS,
  ),
  (
    'deeplab: the head\'s decay of the averages everywhere',
    'specs/deeplab_v3.py',
    '_DECAYS = (0.997, 0.9997)',
    '_DECAYS = (0.9997, 0.9997)',
    _SLIM,
  ),
  (
    'deeplab, slim: epsilon 1e-3 in the head',
    'nets/deeplab_v3.py',
    'epsilon=table.HEAD_BATCH_NORM_EPSILON',
    'epsilon=1e-3',
    _SLIM,
  ),
  (
    'deeplab, fast: epsilon 1e-3 in the head',
    'fast/deeplab_v3.py',
    'batch_norm_epsilon=table.HEAD_BATCH_NORM_EPSILON',
    'batch_norm_epsilon=1e-3',
    _FAST,
  ),
  (
    'deeplab, slim: relu6 in the head',
    'nets/deeplab_v3.py',
    'activation_fn=tf.nn.relu,',
    'activation_fn=tf.nn.relu6,',
    _SLIM,
  ),
  (
    'deeplab, fast: relu6 in the head',
    'fast/deeplab_v3.py',
    'activation_fn=tf.nn.relu,',
    'activation_fn=tf.nn.relu6,',
    _FAST,
  ),
  (
    'deeplab, slim: branches concatenated in another order',
    'nets/deeplab_v3.py',
    'for point in points.values()]',
    'for point in reversed(points.values())]',
    _SLIM,
  ),
  (
    'deeplab, fast: branches concatenated in another order',
    'fast/deeplab_v3.py',
    'for point in points.values()]',
    'for point in reversed(points.values())]',
    _FAST,
  ),
  (
    'deeplab, slim: the largest value pooled, not the mean',
    'nets/deeplab_v3.py',
    'tf.reduce_mean(net, [1, 2], keepdims=True)',
    'tf.reduce_max(net, [1, 2], keepdims=True)',
    _SLIM,
  ),
  (
    'deeplab, fast: image pooling in half precision',
    'fast/deeplab_v3.py',
    'setup._replace(data_format=\'NHWC\', compute_dtype=tf.float32)',
    'setup._replace(data_format=\'NHWC\')',
    _HALF_POOLING,
  ),
  (
    'deeplab, slim: the pyramid\'s rates ignored',
    'nets/deeplab_v3.py',
    'rate=branch.rate,\n    weights_initializer',
    'weights_initializer',
    _SLIM_ASPP,
  ),
  (
    'deeplab, fast: the pyramid\'s rates ignored',
    'fast/deeplab_v3.py',
    'f\'{branch.scope}_depthwise\', rate=branch.rate',
    'f\'{branch.scope}_depthwise\'',
    _FAST_ASPP,
  ),
  (
    'deeplab, fast: rates of full convolutions ignored',
    'fast/deeplab_v3.py',
    'setup, branch.scope, rate=branch.rate',
    'setup, branch.scope',
    _FULL,
  ),
  (
    'deeplab, slim: no dropout where batch norm stays',
    'nets/deeplab_v3.py',
    '[slim.dropout], is_training=is_training',
    '[slim.dropout], is_training=train_batch_norm',
    _BATCH_NORM,
  ),
  (
    'deeplab, fast: no dropout where batch norm stays',
    'fast/deeplab_v3.py',
    'setup._replace(is_training=is_training)',
    'setup',
    _BATCH_NORM,
  ),
  (
    'deeplab, fast: batch norm does not stay',
    'fast/deeplab_v3.py',
    'is_training and fine_tune_batch_norm',
    'is_training',
    _BATCH_NORM,
  ),
  (
    'deeplab, slim: depthwise weights are decayed',
    'nets/deeplab_v3.py',
    '[slim.conv2d], weights_regularizer=regularizer',
    '[slim.conv2d, slim.separable_conv2d], weights_regularizer=regularizer',
    _WEIGHT_DECAY,
  ),
  (
    'deeplab, fast: logits begin as wide as the backbone',
    'fast/deeplab_v3.py',
    'stddev=0.01',
    'stddev=0.09',
    _INITIAL_VALUES,
  ),
)
