"""Prints how far each implementation is from each golden.

  python -m tests.helpers.deviations [CASE ...]

Largest difference of the output, over its largest value; in brackets of the
64 sampled values of an end point, the worst one. Half precision is not held to
the end points: they are what rounding is amplified in. A detector's output is
the worse of boxes and classes. Of a segmenter mIOU follows, in evaluation:
against the golden's labels; and of the golden's classes, every 7th pixel, as if
these were the labels.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import sys

import numpy as np
import tensorflow as tf

from specs import networks
from tasks.segmentation import maps
from tests.helpers import detection
from tests.helpers import networks as testing
from tests.helpers import segmenters

WAYS = (
  ('slim', {}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.float32}),
  ('fast', {'data_format': 'NCHW', 'compute_dtype': tf.float32}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.float16}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.bfloat16}),
  ('fast', {'data_format': 'NCHW', 'compute_dtype': tf.bfloat16}),
)


# Of what does not classify: golden case -> (factory name, options).
OTHER_GOLDENS = {
  detection.NETWORK: ('ssdlite_mobilenet_v2', {}),
  segmenters.OS16: ('deeplab_v3_mobilenet_v2', {'output_stride': 16}),
  segmenters.ASPP: (
    'deeplab_v3_mobilenet_v2',
    {'output_stride': 8, 'atrous_rates': (12, 24, 36)},
  ),
}


def _of_classifier(description, arrays, mode, output, end_points):
  """Returns (pairs of outputs, pairs of end points): computed, expected."""
  expected = arrays[f'{mode}/output']
  if description.get('base'):
    output = testing.sampled(output, expected.size)
  # ShuffleNet's goldens have the same end points in both modes.
  described = description.get(mode, description)['end_points']
  return [(output.reshape(expected.shape), expected)], [
    (end_points[key], arrays[f'{mode}/end_points/{key}']) for key in described
  ]


def _of_detector(description, arrays, mode, output, end_points):
  del description
  return [
    (testing.sampled(values, len(expected)), expected)
    for values, expected in (
      (output.box_encodings, arrays[f'{mode}/box_encodings']),
      (output.class_logits, arrays[f'{mode}/class_predictions']),
    )
  ], [
    (end_points[key], arrays[f'{mode}/{key}'])
    for key in (f'feature_map_{number}' for number in range(6))
  ]


def _of_segmenter(description, arrays, mode, output, end_points):
  del description
  prefix = f'{mode}/end_points/'
  points = {**end_points, 'backbone': end_points['layer_18']}
  return [(output, arrays[f'{mode}/logits'])], [
    (points[key.removeprefix(prefix)], expected)
    for key, expected in arrays.items()
    if key.startswith(prefix)
  ]


def _mean_ious(model, description, arrays):
  """Returns a segmenter's mIOU: against labels, and published classes."""
  num_classes, size = description['num_classes'], description['size']
  images = testing.golden_images(description)
  logits, _ = testing.run(model, images, False)
  predictions = maps.likeliest(maps.resize(logits, size)).numpy()
  labels = segmenters.golden_labels(description['batch'], size, num_classes)

  def mean_iou(truth, found):
    return maps.mean_iou(maps.confusion_matrix(truth, found, num_classes))

  return (
    f'mIOU {mean_iou(labels, predictions):.5f}, '
    f'{mean_iou(arrays["eval/predictions"], predictions[:, ::7, ::7]):.3f}'
  )


def _pairs_of(name):
  if name in networks.DETECTORS:
    return _of_detector
  return _of_segmenter if name in networks.SEGMENTERS else _of_classifier


def _deviations(model, description, arrays):
  """Yields in evaluation and, where there is a golden of it, in training."""
  for mode in ('eval', 'train'):
    if not any(key.startswith(f'{mode}/') for key in arrays):
      continue
    batch = description.get('train_batch' if mode == 'train' else '')
    images = testing.golden_images(
      {**description, 'batch': batch or description['batch']}
    )
    outputs, points = _pairs_of(model.network_name)(
      description, arrays, mode, *testing.run(model, images, mode == 'train')
    )
    of_outputs = max(_deviation(*pair) for pair in outputs)
    of_points = max(
      _deviation(testing.sampled(point, 64), expected)
      for point, expected in points
    )
    yield f'{of_outputs:9.1e} ({of_points:.1e})'


def _deviation(actual, expected):
  """Infinite where float16 overflows: at NASNet's and ShuffleNet's goldens."""
  if not np.isfinite(actual).all():
    return np.inf
  return testing.deviation(actual, expected)


def main(cases):
  goldens = {**testing.GOLDENS, **OTHER_GOLDENS}
  print(f'{"golden":44}{"":26}{"evaluation":>19}{"training":>19}')
  for case in cases or goldens:
    name, options = goldens[case]
    description, arrays = testing.load_golden(case)
    for implementation, way in WAYS:
      model = testing.ruled_model(
        name,
        description['num_classes'],
        implementation,
        dropout_keep_prob=1.0,
        **options,
        **way,
      )
      how = ' '.join(
        [
          implementation,
          *(getattr(value, 'name', value) for value in way.values()),
        ]
      )
      print(
        f'{case:44}{how:26}',
        *_deviations(model, description, arrays),
        flush=True,
      )
      if name in networks.SEGMENTERS:
        print(f'{"":70}', _mean_ious(model, description, arrays), flush=True)


if __name__ == '__main__':
  main(sys.argv[1:])
