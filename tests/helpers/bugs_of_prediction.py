"""Bugs of inference, and of what programs show, say and skip, to be planted."""

_CAM = ('tests/prediction/grad_cam_test.py',)
_ENDS = ('tests/base/errors_test.py',)
_FILES = ('tests/datasets/image_files_test.py',)
_INFERENCE = ('tests/runtime/inference_test.py',)
_PICTURES = ('tests/prediction/classification_pictures_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'inference: as many images at once in float32 as in half of it',
    'runtime/inference.py',
    'if model.compute_dtype != tf.float32:',
    'if model.compute_dtype:',
    ('tests/runtime/inference_test.py', '-k', 'at_once'),
  ),
  (
    'inference: a single image goes through the loop over parts',
    'runtime/inference.py',
    'if images.shape[0] == 1:',
    'if images.shape[0] == 0:',
    (*_INFERENCE, '-k', 'one_image_at_a_time'),
  ),
  (
    'inference: the trace takes images of any shape',
    'runtime/inference.py',
    '(images.shape, images.dtype) == (expected.shape, expected.dtype)',
    'images.dtype == expected.dtype',
    (*_INFERENCE, '-k', 'one_image_at_a_time'),
  ),
  (
    "inference: the trace goes without slim's variables",
    'runtime/inference.py',
    'args=[images, *traced.captured_inputs]',
    'args=[images]',
    (*_INFERENCE, '-k', 'one_image_at_a_time'),
  ),
  (
    'inference: the trace counts what a gradient adds to its graph',
    'runtime/inference.py',
    'in traced.function_type.flat_outputs],\n    f=traced,\n  )\n'
    '  return traced.function_type.pack_output(outputs)',
    'in traced.outputs],\n    f=traced,\n  )\n'
    '  return tf.nest.pack_sequence_as(traced.structured_outputs, outputs)',
    (*_INFERENCE, '-k', 'one_image_at_a_time'),
  ),
  (
    'inference: the trace gives its outputs in a row',
    'runtime/inference.py',
    'return traced.function_type.pack_output(outputs)',
    'return outputs[0]',
    (*_INFERENCE, '-k', 'one_image_of_several'),
  ),
  (
    'prediction: Grad-CAM by copies of what the logits are made of',
    'prediction/grad_cam.py',
    "if model.implementation == 'fast':",
    "if model.implementation == 'neither':",
    _CAM,
  ),
  (
    'prediction: Grad-CAM also where a class is spoken against',
    'prediction/grad_cam.py',
    'maps = tf.nn.relu(tf.reduce_sum(weights * features, -1))',
    'maps = tf.reduce_sum(weights * features, -1)',
    _CAM,
  ),
  (
    'prediction: a heat map in the corner, not where the network looks',
    'prediction/classification_pictures.py',
    'part = picture[top : top + height, left : left + width]',
    'part = picture[:height, :width]',
    _PICTURES,
  ),
  (
    'prediction: bars of half their length',
    'prediction/classification_pictures.py',
    'bar = round(width * one.probability)',
    'bar = round(width * one.probability / 2)',
    _PICTURES,
  ),
  (
    'prediction: the window of another crop',
    'datasets/preprocessing.py',
    'int((side - side * _CENTRAL_FRACTION) / 2)',
    'round((side - side * _CENTRAL_FRACTION) / 2)',
    ('tests/datasets/preprocessing_test.py',),
  ),
  (
    'prediction: two lines for one class',
    'prediction/classification_results.py',
    'if len(lines) == 1:',
    'if not lines:',
    ('tests/prediction/classification_results_test.py',),
  ),
  (
    "prediction: COCO's categories counted from 1",
    'detect_objects.py',
    'predictor.category_ids or range(1,',
    'range(1,',
    ('tests/programs/category_ids_test.py',),
  ),
  (
    'messages: TIFF is not read',
    'datasets/images.py',
    "'WEBP', 'TIFF')",
    "'WEBP')",
    ('tests/datasets/images_test.py',),
  ),
  (
    'messages: HEIC skipped without a word',
    'datasets/other_files.py',
    '  if unreadable:',
    '  if not paths:',
    _FILES,
  ),
  (
    'messages: similar names beside the same one',
    'base/suggestions.py',
    'if wanted in by_letters:',
    'if not by_letters:',
    ('tests/base/suggestions_test.py',),
  ),
  (
    'messages: help is an error',
    'base/errors.py',
    '    sys.exit(0)',
    '    raise',
    _ENDS,
  ),
  (
    'messages: the last lines are for Python to write',
    'base/errors.py',
    '    sys.stdout.flush()\n',
    '',
    _ENDS,
  ),
  (
    'messages: --ignore_missing_vars where almost nothing fits',
    'checkpoints/restore.py',
    'if 2 * num_unfit > num_wanted:',
    'if num_unfit > num_wanted:',
    ('tests/checkpoints/restore_test.py',),
  ),
  (
    'prediction: all objects have a line',
    'prediction/detection_results.py',
    'lines[_MOST:] = ',
    'lines += ',
    ('tests/prediction/detection_results_test.py',),
  ),
  (
    'prediction: a network of another task is unknown',
    'runtime/network_flags.py',
    'if name in other.names:',
    'if name in choice.names:',
    ('tests/runtime/network_flags_test.py',),
  ),
  (
    'prediction: --help leaves out the flags of the data',
    'datasets/data_flags.py',
    'flags.disclaim_key_flags()',
    '',
    ('tests/programs/help_test.py',),
  ),
)
