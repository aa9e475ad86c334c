"""The table of costs against published counts, and without TensorFlow."""

import os
import subprocess
import sys

from absl.testing import absltest

from nets import cost
from nets import nets_factory

_PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Counted by running the published networks: parameters at 1000 classes,
# millions of multiply-adds at 224.
PUBLISHED = {
    'mobilenet_v1': (4_231_976, 568.74),
    'mobilenet_v1_075': (2_585_560, 325.40),
    'mobilenet_v1_050': (1_331_592, 149.50),
    'mobilenet_v1_025': (470_072, 41.03),
    'mobilenet_v2': (3_504_872, 300.77),
    'mobilenet_v2_140': (6_108_776, 582.20),
    'mobilenet_v2_130': (5_386_792, 509.37),
    'mobilenet_v2_075': (2_636_424, 209.07),
    'mobilenet_v2_050': (1_968_680, 97.13),
    'mobilenet_v2_035': (1_677_128, 59.29),
    'nasnet_mobile': (5_289_978, 563.64),
    'shufflenet_v1': (1_865_728, 137.46),
    'shufflenet_v1_200': (5_450_776, 524.05),
    'shufflenet_v1_150': (3_442_168, 292.44),
    'shufflenet_v1_050': (718_324, 37.59),
}


class CostTest(absltest.TestCase):

  def test_every_network_is_counted(self):
    self.assertCountEqual(nets_factory.network_names(), cost.NETWORKS)
    self.assertCountEqual(nets_factory.network_names(), PUBLISHED)

  def test_published_counts(self):
    for name, (parameters, millions) in PUBLISHED.items():
      counted = cost.count(cost.NETWORKS[name].convolutions(224, 224, 1000))
      self.assertEqual(parameters, counted.trainable, name)
      self.assertEqual(millions, round(counted.multiply_adds / 1e6, 2), name)

  def test_averages_and_activations_by_hand(self):
    layers = cost.NETWORKS['mobilenet_v2'].convolutions(224, 224, 1000)
    counted = cost.count(layers)
    # Two averages for each of the batch norms' 17,056 channels.
    self.assertEqual(3_504_872 + 2 * 17_056, counted.total)
    # expanded_conv_1/depthwise reads 112x112x96 and writes 56x56x96.
    self.assertEqual(4 * 96 * (112**2 + 56**2), counted.peak_activations)

  def test_the_command(self):
    def run(*arguments):
      return subprocess.run(
          [sys.executable, '-X', 'importtime', '-m', 'nets.cost', *arguments],
          cwd=_PROJECT, capture_output=True, text=True, check=False)
    table = run()
    self.assertEqual(0, table.returncode)
    self.assertNotIn('tensorflow', table.stderr)
    self.assertLessEqual(max(map(len, table.stdout.splitlines())), 80)
    for name in cost.NETWORKS:
      self.assertIn(name, table.stdout)
    layers = run('mobilenet_v2_035', '--size=96', '--num_classes=10',
                 '--layers').stdout.splitlines()
    self.assertLen(layers, 1 + 53 + 1)
    # 3 * 3 * 3 * 16 weights and 2 * 16 of batch norm, at 48 x 48.
    self.assertEqual(['Conv', '48x48x16', '464', '0.995'], layers[1].split())
    self.assertEqual(['sum', '408938', '10.667'], layers[-1].split())

  def test_wrong_arguments(self):
    for arguments in (['resnet'], ['--size=8']):
      wrong = subprocess.run(
          [sys.executable, '-m', 'nets.cost', *arguments], cwd=_PROJECT,
          capture_output=True, text=True, check=False)
      self.assertEqual(1, wrong.returncode)
      self.assertLen(wrong.stderr.splitlines(), 1)


if __name__ == '__main__':
  absltest.main()
