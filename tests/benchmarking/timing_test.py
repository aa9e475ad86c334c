"""What is timed, and what is made of the times; by hand."""

from absl.testing import absltest

from benchmarking import configurations
from benchmarking import report
from benchmarking import timing


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

  def test_defaults(self):
    def make(has_gpu, **given):
      flags = dict(
        networks=['mobilenet_v2'],
        implementations=['slim', 'fast'],
        data_formats=None,
        compute_dtypes=None,
        xla=None,
        batch_sizes=None,
        modes=['inference', 'training'],
      )
      return configurations.make_configurations(
        has_gpu, 224, configurations.Choices(**flags | given)
      )

    on_cpu = make(False)
    self.assertLen(on_cpu, 4 + 4 + 3)
    self.assertFalse(any(row.xla for row in on_cpu))
    on_gpu = make(True)
    self.assertLen(on_gpu, 4 * (1 + 6))
    self.assertTrue(all(row.xla for row in on_gpu))
    given = make(
      True,
      data_formats=['NHWC', 'NCHW'],
      batch_sizes=[1, 8],
      compute_dtypes=['float16'],
      xla=['false', 'true'],
    )
    self.assertLen(set(given), 2 * 2 * (1 + 2) * 2)

  def test_those_of_one_yardstick_are_together(self):
    made = configurations.make_configurations(
      False,
      224,
      configurations.Choices(
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
