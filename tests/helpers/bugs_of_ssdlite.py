"""Bugs of detection for tests/helpers/planted_bugs.py to plant."""

_TESTS = 'tests/tasks/detection'
_ANCHORS = (f'{_TESTS}/anchors_test.py',)
_BOX_CODER = (f'{_TESTS}/box_coder_test.py',)
_COCO_RESULTS = (f'{_TESTS}/coco_results_test.py',)
_EVALUATOR = (f'{_TESTS}/evaluator_test.py',)
_TASK = (f'{_TESTS}/task_test.py',)
_VOC_AP = (f'{_TESTS}/voc_ap_test.py',)
_DETECTIONS = (f'{_TESTS}/detections_test.py',)
_LOSSES = (f'{_TESTS}/losses_test.py',)
_MATCHER = (f'{_TESTS}/matcher_test.py',)
_MINER = (f'{_TESTS}/hard_example_miner_test.py',)
_SUPPRESSION = (f'{_TESTS}/non_maximum_suppression_test.py',)
_TARGETS = (f'{_TESTS}/targets_test.py',)
_NETS = 'tests/nets/ssdlite_test.py'
_SLIM = (_NETS, '-k', 'golden_slim')
_FAST = (_NETS, '-k', 'golden_fast_nhwc')
_REGULARIZATION = (_NETS, '-k', 'test_regularization')
_OTHER_WIDTHS = ('tests/fast/ssdlite_test.py', '-k', 'other_widths')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'ssdlite: anchors column by column',
    'tasks/detection/anchors.py',
    'np.meshgrid(rows, columns, indexing=\'ij\'), -1)',
    'np.meshgrid(rows, columns), -1)',
    _ANCHORS,
  ),
  (
    'ssdlite: a cell\'s anchors outermost',
    'tasks/detection/anchors.py',
    'centers + sizes / 2], -1).reshape(',
    'centers + sizes / 2], -1).transpose(2, 0, 1, 3).reshape(',
    _ANCHORS,
  ),
  (
    'ssdlite: ratio of 1 / 3',
    'specs/ssdlite.py',
    '0.3333)',
    '1 / 3)',
    _ANCHORS,
  ),
  (
    'ssdlite: height over width',
    'tasks/detection/anchors.py',
    '[scales / root, scales * root]',
    '[scales * root, scales / root]',
    _ANCHORS,
  ),
  (
    'ssdlite: anchors as wide as the image',
    'tasks/detection/anchors.py',
    'square = min(height, width) / np.array([height, width])',
    'square = np.ones([2])',
    _ANCHORS,
  ),
  (
    'ssdlite: sizes by a factor of 10',
    'tasks/detection/box_coder.py',
    'SIZE_FACTOR = 5.0',
    'SIZE_FACTOR = 10.0',
    _BOX_CODER,
  ),
  (
    'ssdlite: more than half',
    'tasks/detection/matcher.py',
    '>= least_overlap',
    '> least_overlap',
    _MATCHER,
  ),
  (
    'ssdlite: a tie goes to the higher box',
    'tasks/detection/matcher.py',
    'tf.argmax(overlap, -2, tf.int32)',
    'overlap.shape[-2] - 1 - tf.argmax(overlap[..., ::-1, :], -2, tf.int32)',
    _MATCHER,
  ),
  (
    'ssdlite: of two that want one anchor the last gets it',
    'tasks/detection/matcher.py',
    'tf.argmax(wanted, -2, tf.int32)',
    'wanted.shape[-2] - 1 - tf.argmax(wanted[..., ::-1, :], -2, tf.int32)',
    _MATCHER,
  ),
  (
    'ssdlite: weight 0 forces an anchor',
    'tasks/detection/matcher.py',
    'weights[..., tf.newaxis] > 0',
    'weights[..., tf.newaxis] >= 0',
    _MATCHER,
  ),
  (
    'ssdlite: no anchor is forced',
    'tasks/detection/matcher.py',
    'tf.reduce_max(wanted, -2) > 0',
    'tf.reduce_max(wanted, -2) > 1',
    _TARGETS,
  ),
  (
    'ssdlite: the first class is the background',
    'tasks/detection/targets.py',
    'classes + 1',
    'classes',
    _TARGETS,
  ),
  (
    'ssdlite: the background does not count',
    'tasks/detection/targets.py',
    '_NEGATIVE_WEIGHT = 1.0',
    '_NEGATIVE_WEIGHT = 0.0',
    _TARGETS,
  ),
  (
    'ssdlite: scores with the background, without the last class',
    'tasks/detection/detections.py',
    'class_logits[..., 1:]',
    'class_logits[..., :-1]',
    _DETECTIONS,
  ),
  (
    'ssdlite: clipped before suppression',
    'tasks/detection/detections.py',
    '*image, same_object',
    'boxes_lib.clip(image[0]), image[1], same_object',
    _DETECTIONS,
  ),
  (
    'ssdlite: boxes outside of the image stay',
    'tasks/detection/detections.py',
    'boxes_lib.area(clipped) > 0',
    'boxes_lib.area(clipped) >= 0',
    _DETECTIONS,
  ),
  (
    'ssdlite: suppression from 0.5',
    'tasks/detection/non_maximum_suppression.py',
    '_SAME_OBJECT = 0.6',
    '_SAME_OBJECT = 0.5',
    _SUPPRESSION,
  ),
  (
    'ssdlite: the loss per image',
    'tasks/detection/losses.py',
    'tf.reduce_sum(targets.box_weights)',
    'tf.cast(tf.shape(targets.box_weights)[0], tf.float32)',
    _LOSSES,
  ),
  (
    'ssdlite: the loss by the number of matches, whatever their weight',
    'tasks/detection/losses.py',
    'tf.reduce_sum(targets.box_weights)',
    'tf.reduce_sum(tf.cast(targets.is_positive, tf.float32))',
    _LOSSES,
  ),
  (
    'ssdlite: all boxes are learned, not the chosen ones alone',
    'tasks/detection/losses.py',
    'localization * chosen',
    'localization',
    _LOSSES,
  ),
  (
    'ssdlite: equal boxes are all considered',
    'tasks/detection/hard_example_miner.py',
    '_SAME_BOX = 0.99',
    '_SAME_BOX = 1.0',
    _MINER,
  ),
  (
    'ssdlite: negatives for the positives that were dropped, too',
    'tasks/detection/hard_example_miner.py',
    '_count(positives)',
    '_count(is_positive)',
    _MINER,
  ),
  (
    'ssdlite: no negatives without positives',
    'tasks/detection/hard_example_miner.py',
    '_LEAST_NEGATIVES = 3',
    '_LEAST_NEGATIVES = 0',
    _MINER,
  ),
  (
    'ssdlite, slim: decay of the averages 0.997',
    'nets/ssdlite.py',
    'bn_decay: float = 0.9997',
    'bn_decay: float = 0.997',
    _SLIM,
  ),
  (
    'ssdlite, fast: decay of the averages 0.997',
    'fast/ssdlite.py',
    'batch_norm_decay: float | tf.Tensor = 0.9997',
    'batch_norm_decay: float | tf.Tensor = 0.997',
    _FAST,
  ),
  (
    'ssdlite, slim: no activation before the predictors',
    'nets/ssdlite.py',
    'net = _depthwise(net, f\'{scope}_depthwise\')',
    'with slim.arg_scope([slim.separable_conv2d], activation_fn=None):\n'
    '    net = _depthwise(net, f\'{scope}_depthwise\')',
    _SLIM,
  ),
  (
    'ssdlite, fast: no biases',
    'fast/ssdlite.py',
    'tf.float32) + biases',
    'tf.float32)',
    _FAST,
  ),
  (
    'ssdlite, slim: depthwise weights are not decayed',
    'nets/ssdlite.py',
    'weights_regularizer=regularizer,',
    '',
    _REGULARIZATION,
  ),
  (
    'ssdlite, fast: depthwise weights are not decayed',
    'fast/ssdlite.py',
    'stride, weight_decay=setup.weight_decay',
    'stride',
    _REGULARIZATION,
  ),
  (
    'ssdlite, fast: the classifier\'s least number of channels',
    'fast/ssdlite.py',
    '\'min_depth\': min_depth,',
    '',
    _OTHER_WIDTHS,
  ),
  (
    'ssdlite: depthwise weights by name',
    'specs/roles.py',
    '\'ClassPredictor_\',\n',
    '',
    _FAST,
  ),
  (
    'detection: crowds train',
    'tasks/detection/task.py',
    'is_object & ~targets.is_crowd',
    'is_object',
    _TASK,
  ),
  (
    'detection: crowds are objects',
    'tasks/detection/evaluator.py',
    'int(targets.is_crowd[number])',
    '0',
    _EVALUATOR,
  ),
  (
    'detection: areas of boxes, not of objects',
    'tasks/detection/evaluator.py',
    'round(float(areas[number]), _AREA_DECIMALS)',
    'box[2] * box[3]',
    _EVALUATOR,
  ),
  (
    'detection: y before x in JSON',
    'tasks/detection/coco_results.py',
    '[left, top, right - left, bottom - top]',
    '[top, left, bottom - top, right - left]',
    _COCO_RESULTS,
  ),
  (
    'detection: VOC counts an object twice',
    'tasks/detection/voc_ap.py',
    'elif not is_taken[best]:',
    'else:',
    _VOC_AP,
  ),
  (
    'detection: VOC\'s precision as it is, not monotone',
    'tasks/detection/voc_ap.py',
    'np.maximum.accumulate(precision[::-1])[::-1]',
    'precision',
    _VOC_AP,
  ),
  (
    'ssdlite: what fills up detections is drawn',
    'tasks/detection/pictures.py',
    'int(detections.count), ',
    'len(detections.scores), ',
    ('tests/tasks/detection/pictures_test.py',),
  ),
  (
    'ssdlite: the options of detections do not reach them',
    'tasks/detection/task.py',
    'options.score_threshold,\n      options.max_detections_per_class,',
    '1e-8,\n      100,',
    ('tests/tasks/detection/options_test.py',),
  ),
)
