"""Prints how far each implementation is from each golden.

  python -m tests.helpers.deviations [CASE ...]

Largest difference of the output, over its largest value; in brackets of the
64 sampled values of an end point, the worst one. Half precision is not held to
the end points: they are what rounding is amplified in.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import sys

import tensorflow as tf

from tests.helpers import networks as testing

WAYS = (
  ('slim', {}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.float32}),
  ('fast', {'data_format': 'NCHW', 'compute_dtype': tf.float32}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.float16}),
  ('fast', {'data_format': 'NHWC', 'compute_dtype': tf.bfloat16}),
  ('fast', {'data_format': 'NCHW', 'compute_dtype': tf.bfloat16}),
)


def _deviations(model, description, arrays):
  for mode, is_training in (('eval', False), ('train', True)):
    output, end_points = testing.run(
      model, testing.golden_images(description), is_training
    )
    expected = arrays[f'{mode}/output']
    if description.get('base'):
      output = testing.sampled(output, expected.size)
    yield testing.deviation(output.reshape(expected.shape), expected)
    yield max(
      testing.deviation(
        testing.sampled(end_points[key], 64), arrays[f'{mode}/end_points/{key}']
      )
      for key in description[mode]['end_points']
    )


def main(cases):
  print(f'{"golden":34}{"":26}{"evaluation":>18}{"training":>20}')
  for case in cases or testing.GOLDENS:
    name, options = testing.GOLDENS[case]
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
        '{:34}{:26}{:8.1e} ({:.1e}){:10.1e} ({:.1e})'.format(
          case, how, *_deviations(model, description, arrays)
        ),
        flush=True,
      )


if __name__ == '__main__':
  main(sys.argv[1:])
