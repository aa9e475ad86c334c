"""Bugs in exports for planted_bugs.py to plant."""

_FORMATS = 'tests/export/formats_test.py'
_TASKS = 'tests/export/other_tasks_test.py'
_TFLITE = (_FORMATS, '-k', 'equal_tflite')
_FROZEN = (_FORMATS, '-k', 'tensorflow_1')
_VERIFICATION = ('tests/export/verification_test.py',)
_PROGRAM = ('tests/programs/export_model_test.py',)
_SHRUNK = 'tests/export/shrunk_photographs_test.py'
_OPENED = 'tests/export/opened_test.py'
_LITE = ('tests/tasks/detection/lite_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'exports: operations that reach files are run',
    'export/graphs.py',
    'known is None or known.is_stateful or _OUTSIDE.search(operation)',
    'known is None',
    ('tests/export/hostile_graphs_test.py',),
  ),
  (
    'exports: ranges are measured on photographs that are not shrunk',
    'export/images.py',
    'image_files.read_for(paths[int(place)], options)',
    'image_files.read(paths[int(place)])',
    (_SHRUNK, '-k', 'images_are'),
  ),
  (
    'exports: compared on images of a data set that are not shrunk',
    'export/images.py',
    'if options.shrink_images:',
    'if False:',
    (_SHRUNK, '-k', 'images_are'),
  ),
  (
    'exports: the run is not asked whether it shrank',
    'export_model.py',
    '_replace(shrink_images=None)',
    '_replace(shrink_images=False)',
    (_SHRUNK, '-k', 'program'),
  ),
  (
    'exports: a card shrinks photographs by half as much',
    'export/card_code.py',
    "shrinking.smallest_side(info['image_size'])",
    "4 * info['image_size']",
    (_SHRUNK, '-k', 'card'),
  ),
  (
    'exports: pixels scaled by 128',
    'export/network.py',
    'self.of_signed(images / _HALF - 1.0)',
    'self.of_signed(images / 128.0 - 1.0)',
    _TFLITE,
  ),
  (
    "exports: int8 takes pixels' lowest bits",
    'export/tflite.py',
    'np.rint(pixels).astype(dtype)',
    '(pixels / 2).astype(dtype)',
    (_FORMATS, '-k', 'equal_tflite_int8'),
  ),
  (
    'exports: the middle is not cut out',
    'datasets/preparation.py',
    'return preprocessing.preprocess_for_eval(images, image_size, name)',
    "return preprocessing.preprocess_for_eval(images, image_size, 'lenet')",
    (_FORMATS, '-k', 'prepares_images'),
  ),
  (
    'exports: slim finds no predictions',
    'tasks/classification_export.py',
    "('Softmax', 'Reshape_1')",
    "('Softmax',)",
    _FROZEN,
  ),
  (
    "exports: names in another order than OpenVINO's",
    'export/openvino.py',
    "name.replace(' ', '_')",
    'name',
    (_FORMATS, '-k', 'names_are_inside'),
  ),
  (
    'exports: NaN is near enough',
    'export/verification.py',
    'if not (\n    agreement.difference <= limit.difference',
    'if agreement.difference > limit.difference or not (\n    True',
    _VERIFICATION,
  ),
  (
    'exports: one image stands for all',
    'export/verification.py',
    '(images[:1], images[1:]) if len(part)',
    '(images[:1],) if len(part)',
    _VERIFICATION,
  ),
  (
    'exports: classes count from 0 where they did from 1',
    'tasks/detection/export.py',
    "tensors['classes'] + 1",
    "tensors['classes']",
    (_TASKS, '-k', 'object_detection_api'),
  ),
  (
    'exports: boxes of any class agree',
    'tasks/detection/export.py',
    '(same & (overlap > _SAME_BOX))',
    '(overlap > _SAME_BOX)',
    (_TASKS, '-k', 'CompareTest'),
  ),
  (
    'exports: images are filled up with black',
    'datasets/mask_preprocessing.py',
    '    tf.stack([tf.zeros_like(missing), missing], 1),\n'
    '    constant_values=_PADDING,',
    '    tf.stack([tf.zeros_like(missing), missing], 1),',
    (_TASKS, '-k', 'fills_images_up'),
  ),
  (
    'exports: what there was goes before the new is whole',
    'base/files.py',
    '      os.mkdir(new)\n      yield new\n      if os.path.isdir(path):\n'
    '        os.rename(path, former)',
    '      os.mkdir(new)\n      if os.path.isdir(path):\n'
    '        os.rename(path, former)\n      yield new',
    ('tests/base/files_test.py',),
  ),
  (
    'exports: cards show the corners, too',
    'export/card_code.py',
    "return (_CROP if is_cropped else '') + _RESIZE",
    'return _RESIZE',
    (_FORMATS, '-k', 'card_answers'),
  ),
  (
    'exports: cards put half a pixel between',
    'export/card_code.py',
    'np.minimum(np.arange(size) * length / size, length - 1)',
    'np.minimum((np.arange(size) + 0.5) * length / size - 0.5, length - 1)',
    (_FORMATS, '-k', 'card_answers'),
  ),
  (
    'exports: files that were changed are run',
    'export/opened.py',
    'if found.get(name) != expected.get(name):',
    'if name not in found:',
    (_OPENED, '-k', 'changed_file'),
  ),
  (
    'exports: a flag of 0 is passed over',
    'tasks/detection/options.py',
    'name: str(flags.FLAGS[name].value)',
    'name: flags.FLAGS[name].value',
    ('tests/programs/detect_objects_test.py',),
  ),
  (
    "exports: LiteRT's threads lose a class",
    'export/tflite.py',
    '    runner = _runner(folder, 1)',
    '    runner = _runner(folder, 2)',
    _LITE,
  ),
  (
    "exports: LiteRT's detections take corners for centers",
    'tasks/detection/lite.py',
    'tf.concat(boxes_lib.centers_and_sizes(anchors), -1)',
    'anchors',
    _LITE,
  ),
  (
    'exports: ONNX Runtime tells its makers',
    'base/extras.py',
    "os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')",
    "os.environ.setdefault('ORT_DISABLE_TELEMETRY', '0')",
    (*_PROGRAM, '-k', 'telemetry'),
  ),
  (
    'exports: foreign folders are overwritten',
    'export/card.py',
    '  if there:\n',
    '  if False:\n',
    _PROGRAM,
  ),
)
