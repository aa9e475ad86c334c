"""What is timed, and what is made of the times; by hand."""

import os
from unittest import mock

from absl.testing import absltest

from benchmarking import configurations
from benchmarking import report
from benchmarking import selection
from benchmarking import timing
from benchmarking.ceilings import Speed
from tests.helpers import contestants

_SPEED = Speed(
  1e9, dict.fromkeys(('float32', 'bfloat16', 'float16'), 1e12), 'given'
)


def _configuration(implementation, mode='inference'):
  return configurations.Configuration(
    mode, 8, 64, 'mobilenet_v2', implementation
  )


class TimingTest(absltest.TestCase):
  def test_row_by_hand(self):
    row = timing.Row(
      _configuration('fast'),
      None,
      (2.0, 4.0, 1.0, 3.0, 9.0),
      (4.0, 4.0, 4.0, 4.0, 90.0),
    )
    self.assertEqual((2.0, 4.0), row.middle_half)
    self.assertAlmostEqual(2 / 3, row.spread)
    self.assertAlmostEqual(8 / 3, row.images_per_second)
    # Of 2, 1, 4, 4/3 and 10; a ratio of medians would be 4/3.
    self.assertEqual(2.0, row.ratio)

  def test_the_ratio_decides_what_is_fastest(self):
    """The machine was twice as slow when the second one was timed."""
    keras = timing.Row(_configuration('keras'), None, (1.0, 2.0))
    slim = timing.Row(_configuration('slim'), None, (0.5,), (1.0,))
    fast = timing.Row(_configuration('fast'), None, (0.6,), (2.0,))
    text = ' '.join(report.format_fastest([keras, slim, fast]).split())
    self.assertIn(
      '3.33 times as fast as Keras, with --implementation=fast', text
    )
    nothing = timing.Row(_configuration('fast'), 'out of memory')
    self.assertStartsWith(report.format_fastest([keras, nothing]), 'Nothing')

  def _time_all(self, *todo):
    with mock.patch.object(timing, 'make_contestant', contestants.make):
      return timing.time_all(list(todo), 2, 0.1, lambda row: None)

  def test_out_of_memory_is_that_row_s_answer(self):
    ends = ['raises', 'xla', 'limited', 'killed', 'none']
    rows = self._time_all(
      *(_configuration('fast')._replace(network=end) for end in ends)
    )
    self.assertEqual(
      [None]
      + ['out of memory: take smaller --batch_sizes'] * 3
      + ['killed: out of memory?', None],
      [row.error for row in rows],
    )
    self.assertEqual((2.0, 2.0), rows[-1].seconds)
    table = ' '.join(report.format_table(rows[1:-1], _SPEED).split())
    self.assertIn('fast NHWC float32 not timed: out of memory', table)

  def test_processes_add_up(self):
    """Two that take two seconds for a step end one each second."""
    cores = sorted(os.sched_getaffinity(0))
    one = _configuration('fast', 'throughput')
    two = one._replace(drive='processes', at_once=2)
    _, alone, beside = self._time_all(one, two)
    self.assertEqual((2.0, len(cores)), (alone.median, alone.peak_memory))
    self.assertEqual(1.0, beside.median)
    # Each has cores of its own.
    self.assertEqual(max(2, len(cores)), beside.peak_memory)
    self.assertEqual(2.0, beside.ratio)

  def test_table_of_drives(self):
    rows = [
      timing.Row(
        _configuration('fast', 'throughput')._replace(
          compute_dtype='bfloat16', drive=drive, at_once=2
        ),
        None,
        (0.008,),
        (0.016,),
        1.0,
        2345e6,
      )
      for drive in ('one', 'processes', 'sessions', 'queue')
    ]
    lines = report.format_table(rows, _SPEED).splitlines()
    self.assertLessEqual(max(map(len, lines)), 80)
    self.assertIn('throughput, requests of 8, 64 x 64 pixels', lines)
    self.assertIn(
      '  fast NHWC bfloat16, 2 processes             1000     8.00     0%'
      '    2.00  2345',
      lines,
    )
    self.assertEqual('queue', report.to_json(rows[-1], _SPEED)['drive'])

  def test_defaults(self):
    def make(kind, **given):
      flags = dict(
        networks=['mobilenet_v2'],
        implementations=['slim', 'fast'],
        data_formats=None,
        compute_dtypes=None,
        xla=None,
        batch_sizes=None,
        modes=['inference', 'training'],
      )
      return selection.make_configurations(
        selection.Device(kind), 224, selection.Choices(**flags | given)
      )

    self.assertLen(make('CPU'), 3 + 3 + 2)
    on_cpu = make('CPU with bfloat16 units')
    self.assertLen(on_cpu, 4 + 4 + 3)
    self.assertFalse(any(row.xla for row in on_cpu))
    on_gpu = make('GPU from Volta on')
    self.assertLen(on_gpu, 3 * (1 + 2))
    self.assertTrue(all(row.xla for row in on_gpu))
    given = make(
      'GPU from Volta on',
      data_formats=['NHWC', 'NCHW'],
      batch_sizes=[1, 8],
      compute_dtypes=['float16'],
      xla=['false', 'true'],
    )
    self.assertLen(set(given), 2 * 2 * (1 + 2) * 2)

  def test_those_of_one_yardstick_are_together(self):
    made = selection.make_configurations(
      selection.Device('CPU'),
      224,
      selection.Choices(
        ['mobilenet_v1', 'ssdlite_mobilenet_v2', 'mobilenet_v2'],
        ['slim'],
        *(None, None, None),
        [1],
        ['inference'],
      ),
    )
    self.assertEqual(
      [('mobilenet_v1', True), ('mobilenet_v2', True)]
      + [('ssdlite_mobilenet_v2', False)],
      [(row.network, bool(configurations.yardstick(row))) for row in made],
    )


if __name__ == '__main__':
  absltest.main()
