"""benchmark.py's output on networks of a moment; never how fast they are."""

import importlib.util
import json
import os
import re
import statistics
import tempfile

from absl.testing import absltest
from PIL import Image

from tests.helpers import programs as program_testing
from tests.helpers import soak

_SHORT = [
  '--networks=mobilenet_v2_035',
  '--image_size=32',
  '--batch_sizes=2',
  '--rounds=2',
  '--seconds=0',
]

# Flag -> regex of what is said to it.
_WRONG = {
  '--networks=resnet': "--networks: there is no 'resnet'; there are mob",
  '--data_formats=NHCW': "--data_formats: there is no 'NHCW'",
  '--compute_dtypes=float32,int8': "--compute_dtypes: there is no 'int8'",
  '--implementations=': "--implementations: there is no ''",
  '--xla=auto': "--xla: there is no 'auto'; there are false, true",
  '--modes=evaluation': "--modes: there is no 'evaluation'",
  '--batch_sizes=1,0': "--batch_sizes: '0' is not a number of images",
  '--runtimes=tensorrt': "--runtimes: there is no 'tensorrt'; there are tens",
  '--batch_sizes=many': "--batch_sizes: 'many' is not a number",
  '--image_size=8': '.*--image_size=8',
  '--rounds=0': '.*--rounds=0',
  '--peak_flops=-1': '.*must be above 0',
  '--memory_bandwidth=inf': '.*must be above 0',
  '--seconds=nan': '.*must be from 0 to 600',
  f'--output_dir={os.path.abspath(__file__)}': (
    '--output_dir .* cannot be written: File exists'
  ),
  'fast': "What is 'fast'",
}


@soak.slow
class BenchmarkTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls._folders = [os.path.join(folder, name) for name in 'abcd']
    # Inference with what a CPU cannot do; training, the device's speed given;
    # a detector and a segmenter; other runtimes. The last are of no folder.
    results = program_testing.run(
      'benchmark',
      [
        *_SHORT,
        f'--output_dir={cls._folders[0]}',
        '--modes=inference',
        '--implementations=fast',
        '--data_formats=NCHW',
        '--compute_dtypes=float32,float16',
        '--xla=false',
      ],
      [
        *_SHORT,
        f'--output_dir={cls._folders[1]}',
        '--modes=training',
        '--implementations=slim',
        '--memory_bandwidth=50',
        '--peak_flops=0.3',
      ],
      [
        *_SHORT,
        f'--output_dir={cls._folders[2]}',
        '--networks=ssdlite_mobilenet_v2_035,deeplab_v3_mobilenet_v2_050',
        '--modes=inference',
        '--implementations=fast',
        '--compute_dtypes=float32',
        '--memory_bandwidth=50',
        '--peak_flops=0.3',
      ],
      [
        *_SHORT,
        f'--output_dir={cls._folders[3]}',
        '--runtimes=litert,onnxruntime,openvino,tensorflow,pytorch',
        '--implementations=fast',
        '--compute_dtypes=float32',
        '--memory_bandwidth=50',
        '--peak_flops=0.3',
      ],
      ['--plan', '--plan_device=gpu'],
      ['--networks=ssdlite_mobilenet_v2', '--runtimes=litert'],
      *([flag] for flag in _WRONG),
    )
    cls._results, cls._of_wrong = results[:6], results[6:]

  def _json(self, number):
    path = os.path.join(self._folders[number], 'benchmark.json')
    with open(path, encoding='utf-8') as file:
      return json.load(file)

  def test_table(self):
    for result, configurations_told in zip(self._results[:2], (2, 1)):
      self.assertEqual(0, result.status, result.stderr)
      lines = result.stdout.splitlines()
      # The last line names the files.
      self.assertLessEqual(max(map(len, lines[:-1])), 80)
      self.assertIn('Keras MobileNetV2 ', result.stdout)
      self.assertIn(
        f'[{configurations_told}/{configurations_told}] ', result.stderr
      )
      self.assertLen(result.stderr.splitlines(), configurations_told)
    inference, training = (result.stdout for result in self._results[:2])
    self.assertIn('\ninference, batch 2, 32 x 32 pixels\n', inference)
    self.assertRegex(
      inference,
      r'\n  fast NCHW float32 +[0-9.]+ +[0-9.]+ +\d+%'
      r' +\d+\.\d\d +\d+% +\d+\.\d +\d+\n',
    )
    self.assertRegex(
      inference, r'\n  fast NCHW float16 +not timed: On this CPU'
    )
    self.assertIn('(measured; by precision)', inference)
    self.assertIn('\ntraining, batch 2, 32 x 32 pixels\n', training)
    self.assertIn('50.0 GB/s and 0.300', training)

  def test_json(self):
    inference, training = self._json(0), self._json(1)
    self.assertEqual(
      ['keras', 'fast', 'fast'],
      [row['implementation'] for row in inference['rows']],
    )
    self.assertEqual(
      ['keras', 'slim'], [row['implementation'] for row in training['rows']]
    )
    self.assertEqual(['2'], training['flags']['batch_sizes'])
    self.assertEqual(50e9, training['speed']['bandwidth'])
    self.assertGreater(inference['machine']['cores'], 0)
    self.assertContainsSubset(
      {'python', 'tensorflow', 'keras', 'tf-slim', 'numpy'},
      inference['versions'],
    )
    self.assertCountEqual(['U', 'N', 'A'], inference['rows'][1]['ceilings'])
    self.assertCountEqual(['N'], training['rows'][1]['ceilings'])
    impossible = inference['rows'][2]
    self.assertIn('--data_format=NHWC', impossible['error'])
    self.assertEmpty(impossible['seconds'])
    self.assertIsNone(impossible['first_call_seconds'])
    for row in (*inference['rows'][:2], *training['rows']):
      self._check_times(row)

  def test_detectors_and_segmenters(self):
    """Without a yardstick, for Keras has neither."""
    result = self._results[2]
    self.assertEqual(0, result.status, result.stderr)
    self.assertNotIn('x Keras', result.stderr)
    self.assertNotIn('\nKeras MobileNetV2', result.stdout)
    self.assertRegex(result.stdout, r'\n  fast NHWC float32 .* - +\d+%')
    rows = self._json(2)['rows']
    self.assertEqual(
      ['ssdlite_mobilenet_v2_035', 'deeplab_v3_mobilenet_v2_050'],
      [row['network'] for row in rows],
    )
    for row in rows:
      self.assertIsNone(row['error'])
      self.assertGreater(row['images_per_second'], 0)
      self.assertIsNone(row['ratio_to_keras'])
      self.assertLen(row['seconds'], 2)
      self.assertIn('N', row['ceilings'])

  def test_other_runtimes(self):
    """Those of the same weights; what is not installed is listed."""
    result, cores = self._results[3], len(os.sched_getaffinity(0))
    self.assertEqual(0, result.status, result.stderr)
    written = self._json(3)
    rows = written['rows']
    drives = {(row['implementation'], row['drive']) for row in rows}
    self.assertContainsSubset(
      {('keras', 'one'), ('fast', 'one'), ('tensorflow', 'one')}, drives
    )
    if cores > 1:
      self.assertContainsSubset(
        {
          ('litert', 'sessions'),
          ('onnxruntime', 'sessions'),
          ('openvino', 'queue'),
          ('fast', 'processes'),
        },
        drives,
      )
    self.assertEqual([None] * len(rows), [row['error'] for row in rows])
    self.assertIn(
      '\nthroughput, requests of 2, 32 x 32 pixels\n', result.stdout
    )
    self.assertLessEqual(max(map(len, result.stdout.splitlines()[:-1])), 80)
    if importlib.util.find_spec('torch') is None:
      self.assertIn('pytorch: pip install torch timm\n', result.stdout)
      self.assertEqual(
        {'pytorch': 'pip install torch timm'}, written['not_timed']
      )

  def test_plan(self):
    """Without a GPU, of one: ten minutes, and 8 GB."""
    result = self._results[4]
    self.assertEqual(0, result.status, result.stderr)
    self.assertStartsWith(result.stdout, 'GPU from Volta on, ')
    minutes, memory = re.search(
      r'some (\S+) minutes, at most (\S+) GB', result.stdout
    ).groups()
    self.assertLessEqual(float(minutes), 10)
    self.assertLessEqual(float(memory), 8)

  def test_runtimes_take_classifiers(self):
    program_testing.assert_fails(
      self,
      'benchmark',
      self._results[5],
      '--runtimes compares classifiers, and ssdlite_mobilenet_v2 is none',
    )

  def _check_times(self, row):
    self.assertIsNone(row['error'])
    median = statistics.median(row['seconds'])
    self.assertAlmostEqual(2 / median, row['images_per_second'])
    self.assertGreater(row['first_call_seconds'], 0)
    # TensorFlow alone takes more.
    self.assertGreater(row['peak_memory_bytes'], 100e6)
    self.assertAlmostEqual(
      row['images_per_second'] / max(row['ceilings'].values()),
      row['part_of_ceiling'],
    )
    if row['implementation'] != 'keras':
      self.assertLen(row['seconds'], 2)
      self.assertAlmostEqual(
        statistics.mean(
          keras / own
          for keras, own in zip(
            row['keras_seconds'], row['seconds'], strict=True
          )
        ),
        row['ratio_to_keras'],
      )

  def test_what_is_fastest(self):
    best = self._json(0)['rows'][1]
    _, sentence = self._results[0].stdout.split('Fastest here ')
    sentence = ' '.join(sentence.split())
    self.assertStartsWith(
      sentence, 'for mobilenet_v2_035, inference, batch 2, 32 x 32 pixels: '
    )
    for flag in ('implementation', 'data_format', 'compute_dtype'):
      self.assertIn(f'--{flag}={best[flag]} ', sentence)

  def test_chart(self):
    for folder in self._folders:
      self.assertCountEqual(
        ['benchmark.json', 'benchmark.png'], os.listdir(folder)
      )
      with Image.open(os.path.join(folder, 'benchmark.png')) as chart:
        self.assertEqual(('PNG', 1000), (chart.format, chart.width))
        chart.load()

  def test_wrong_flags(self):
    for result, message in zip(self._of_wrong, _WRONG.values(), strict=True):
      program_testing.assert_fails(self, 'benchmark', result, message)
      self.assertEmpty(result.stdout)


if __name__ == '__main__':
  absltest.main()
