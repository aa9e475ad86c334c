"""What benchmark.py times, in which order."""

from absl.testing import absltest

from benchmarking import configurations
from benchmarking import selection
from specs import networks


class ConfigurationsTest(absltest.TestCase):
  def test_those_of_one_yardstick_are_together(self):
    """Those without one come last."""
    made = selection.make_configurations(
      selection.Device('CPU'),
      224,
      selection.Choices(
        ['mobilenet_v1', 'ssdlite_mobilenet_v2', 'mobilenet_v2'],
        ['slim'],
        data_formats=None,
        compute_dtypes=None,
        xla=None,
        batch_sizes=[1],
        modes=['inference'],
      ),
    )
    self.assertEqual(
      [
        ('mobilenet_v1', 'mobilenet_v2'),
        ('mobilenet_v2', 'mobilenet_v2'),
        ('ssdlite_mobilenet_v2', None),
      ],
      [
        (row.network, getattr(configurations.yardstick(row), 'network', None))
        for row in made
      ],
    )

  def test_every_network_has_its_classes(self):
    counts = {name: configurations.num_classes(name) for name in networks.ALL}
    self.assertEqual(1000, counts['mobilenet_v2'])
    self.assertEqual(90, counts['ssdlite_mobilenet_v2_035'])
    self.assertEqual(21, counts['deeplab_v3_mobilenet_v2_050'])


if __name__ == '__main__':
  absltest.main()
