"""The table of costs against published counts, and without TensorFlow."""

import json
import os
import pathlib
import subprocess
import sys

from absl.testing import absltest

from specs import cost
from specs import networks
from specs.networks import NETWORKS

_PROJECT = str(pathlib.Path(__file__).absolute().parents[2])

# Name -> trainable parameters by number of classes, and millions of
# multiply-adds at 1000 classes by image size: counted by running the published
# networks, except shufflenet_v1_050, of which no code was published.
with open(
  os.path.join(_PROJECT, 'tests/golden/counts.json'), encoding='utf-8'
) as _file:
  PUBLISHED = json.load(_file)


class CostTest(absltest.TestCase):
  def test_every_network_is_counted(self):
    self.assertCountEqual(NETWORKS, PUBLISHED)

  def test_published_counts(self):
    for name, published in PUBLISHED.items():
      for num_classes, parameters in published['parameters'].items():
        layers = networks.convolutions(name, 224, 224, int(num_classes))
        self.assertEqual(parameters, cost.count(layers).trainable, name)
      for size, millions in published['multiply_adds'].items():
        layers = networks.convolutions(name, int(size), int(size), 1000)
        counted = cost.count(layers).multiply_adds / 1e6
        self.assertEqual(millions, round(counted, 2), (name, size))

  def test_detectors(self):
    """As counted in the published code; at 320 the paper has 4.3 and 800."""
    layers = networks.convolutions('ssdlite_mobilenet_v2', 320, 320, 80)
    counted = cost.count(layers)
    self.assertEqual(4_337_013, counted.trainable)
    self.assertEqual(788.8, round(counted.multiply_adds / 1e6, 1))
    published = networks.DETECTORS['ssdlite_mobilenet_v2'].published
    self.assertEqual((4.3, 800), published[:2])
    layers = networks.convolutions('ssdlite_mobilenet_v2_050', 300, 300, 7)
    self.assertEqual(884_780, cost.count(layers).trainable)

  def test_averages_and_activations_by_hand(self):
    layers = networks.convolutions('mobilenet_v2', 224, 224, 1000)
    counted = cost.count(layers)
    # Two averages for each of the batch norms' 17,056 channels.
    self.assertEqual(3_504_872 + 2 * 17_056, counted.total)
    # expanded_conv_1/depthwise reads 112x112x96 and writes 56x56x96.
    self.assertEqual(4 * 96 * (112**2 + 56**2), counted.peak_activations)

  def test_the_command(self):
    def run(*arguments):
      return subprocess.run(
        [sys.executable, '-X', 'importtime', '-m', 'specs.cost', *arguments],
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=False,
      )

    table = run()
    self.assertEqual(0, table.returncode)
    self.assertNotIn('tensorflow', table.stderr)
    self.assertLessEqual(max(map(len, table.stdout.splitlines())), 80)
    for name in NETWORKS:
      self.assertIn(name, table.stdout)
    self.assertEndsWith(table.stdout.splitlines()[0], '| published, at 224')
    others = run('ssdlite_mobilenet_v2', '--size=320').stdout
    self.assertEndsWith(others.splitlines()[0], '| published')
    self.assertIn('at 320 x 320', others)
    layers = run(
      'mobilenet_v2_035', '--size=96', '--num_classes=10', '--layers'
    ).stdout.splitlines()
    self.assertLen(layers, 1 + 53 + 1)
    # 3 * 3 * 3 * 16 weights and 2 * 16 of batch norm, at 48 x 48.
    self.assertEqual(['Conv', '48x48x16', '464', '0.995'], layers[1].split())
    self.assertEqual(['sum', '408938', '10.667'], layers[-1].split())

  def test_wrong_arguments(self):
    for arguments in (['resnet'], ['--size=8'], ['--layers']):
      wrong = subprocess.run(
        [sys.executable, '-m', 'specs.cost', *arguments],
        cwd=_PROJECT,
        capture_output=True,
        text=True,
        check=False,
      )
      self.assertEqual(1, wrong.returncode)
      self.assertLen(wrong.stderr.splitlines(), 1)


if __name__ == '__main__':
  absltest.main()
