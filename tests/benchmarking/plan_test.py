"""How long a benchmark is said to take, against limits and a measured run."""

import json
import pathlib

from absl.testing import absltest
from absl.testing import parameterized

from benchmarking import plan
from benchmarking import selection
from benchmarking.configurations import Configuration
from benchmarking.selection import Device

_MEASURED = (
  pathlib.Path(__file__).parents[2]
  / 'docs/benchmarks/amd-epyc-zen5-2-cores.json'
)
_CHOICES = selection.Choices(['mobilenet_v2'], ['slim', 'fast'], *[None] * 5)
_ROUNDS, _SECONDS = 5, 1.0  # benchmark.py's


def _plan(device, choices=_CHOICES):
  todo = selection.make_configurations(device, 224, choices)
  return plan.make(todo, device, _ROUNDS, _SECONDS)


class PlanTest(parameterized.TestCase):
  @parameterized.parameters(
    ('GPU from Volta on', 'NHWC'), ('GPU before Volta', 'NCHW')
  )
  def test_the_default_on_a_gpu(self, kind, data_format):
    """Ten minutes, and 8 GB of memory with Keras, which waits meanwhile."""
    rows = _plan(Device(kind, data_format, 8))
    minutes, memory = plan.total(rows)
    self.assertBetween(minutes, 5, 10)
    self.assertBetween(memory, 4e9, 8e9)
    self.assertEqual(
      {('slim', 'NHWC', 'float32')}
      | {('fast', data_format, dtype) for dtype in ('float32', 'float16')},
      {row.configuration[4:7] for row in rows} - {('keras', 'NHWC', 'float32')},
    )

  def test_what_does_not_fit_is_seen(self):
    """Keras alone keeps 9 GB of what it made of 128 images in training."""
    choices = _CHOICES._replace(batch_sizes=[128], modes=['training'])
    _, memory = plan.total(_plan(Device('GPU from Volta on'), choices))
    self.assertGreater(memory, 16e9)

  def test_memory_that_was_measured(self):
    with open(_MEASURED, encoding='utf-8') as file:
      measured = json.load(file)['rows']
    device = Device('CPU with bfloat16 units')
    for row in measured:
      configuration = Configuration(
        *(row[name] for name in Configuration._fields[:8])
      )
      with self.subTest(configuration.label):
        (*_, planned) = plan.make([configuration], device, 1, 0.1)
        self.assertAlmostEqual(
          1, planned.own.memory / row['peak_memory_bytes'], delta=0.22
        )

  def test_a_row_by_hand(self):
    """Two processes hold twice as much, and Keras waits beside them."""
    one = Configuration('throughput', 32, 224, 'mobilenet_v2', 'fast')
    two = one._replace(drive='processes', at_once=2)
    keras, first, second = plan.make([one, two], Device('CPU'), 3, 2.0)
    self.assertEqual(2 * first.own.memory, second.own.memory)
    self.assertEqual(second.own.memory + keras.own.memory, second.at_once)
    # 32 images are 9.6 G multiply-adds, 0.32 s: 6 steps, and 2 that lead in.
    # Of Keras as many. Before it 5 s to start, 1 for the first, 4 to warm up.
    self.assertAlmostEqual(5 + 1 + 4 + 3 * 2 * 8 * 0.32, first.own.seconds, 0)

  def test_what_could_not_be_exported(self):
    choices = _CHOICES._replace(
      networks=['mobilenet_v1', 'mobilenet_v2'],
      runtimes=['litert'],
      weights='',
      lacking=[('mobilenet_v1', 'litert')],
    )
    made = selection.make_configurations(Device('CPU'), 224, choices)
    self.assertEqual(
      {'mobilenet_v2'},
      {one.network for one in made if one.implementation == 'litert'},
    )

  def test_table(self):
    device = Device('CPU with bfloat16 units', 'NHWC', 2)
    choices = _CHOICES._replace(
      runtimes=['tensorflow', 'openvino', 'onnxruntime', 'litert'], weights=''
    )
    lines = plan.format_table(_plan(device, choices), device).splitlines()
    self.assertLessEqual(max(map(len, lines)), 80)
    self.assertIn('throughput, requests of 32, 224 x 224 pixels', lines)
    text = '\n'.join(lines)
    for label in (
      'fast NHWC bfloat16, 2 processes',
      'openvino bfloat16, its queue',
      'litert float32, 2 sessions',
      'tensorflow float32, 1 process',
    ):
      self.assertIn(f'  mobilenet_v2  {label} ', text)

  def test_trying_threads_counts(self):
    device = Device('CPU with bfloat16 units', 'NHWC', 2)
    rows = _plan(device)
    minutes, _ = plan.total(rows)
    for seconds, told in ((0.0, False), (42.0, True)):
      text = plan.format_table(rows, device, seconds)
      self.assertIn(f' some {minutes + seconds / 60:.1f} minutes', text)
      self.assertEqual(told, '42 seconds of it try threads' in text)


if __name__ == '__main__':
  absltest.main()
