"""Weights of a whole network are taken, and those of a part are refused."""

from unittest import mock

from absl.testing import absltest
import numpy as np

from base.errors import InputError
from checkpoints.importing.imported import Imported
from inspection import checkpoints
from inspection import imported_weights

_LOGITS = 'MobilenetV1/Logits/Conv2d_1c_1x1'


class ImportedWeightsTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    model = checkpoints.make_model('mobilenet_v1_025', 7, {})
    # It takes a second to make.
    cls.enterClassContext(
      mock.patch.object(checkpoints, 'make_model', lambda *arguments: model)
    )
    cls.values = {
      name: variable.numpy()
      for name, variable in model.variables_by_name.items()
    }

  def fit(self, values=None, left_over=(), library='keras', **options):
    values = self.values if values is None else values
    sources = {name: f'of {name}' for name in values}
    imported = Imported(values, sources, left_over, options, library)
    fitted = imported_weights.fit('file', imported)
    return fitted, imported_weights.table('file', imported, fitted)

  def check_refused(self, message, *arguments, **options):
    with self.assertRaisesRegex(InputError, f'^file{message}'):
      self.fit(*arguments, **options)

  def without(self, *names):
    return {
      name: value for name, value in self.values.items() if name not in names
    }

  def test_all(self):
    fitted, table = self.fit(
      left_over=('optimizer/vars/0', 'dropout/seed_generator/vars/0'),
      image_size=64,
      batch_norm_epsilon=0.01,
    )
    self.assertEqual('mobilenet_v1_025', fitted.model_name)
    self.assertEqual({'batch_norm_epsilon': 0.01}, fitted.options)
    self.assertEqual((7, 224), fitted[2:4])
    self.assertEqual(self.values.keys(), fitted.values.keys())
    self.assertRegex(table, r'\nMobilenetV1/Conv2d_depthwise +65  of Mobilenet')
    self.assertEndsWith(
      table, '\nLeft over: 2 (dropout/seed_generator/vars/0, optimizer/vars/0)'
    )
    self.assertLessEqual(max(map(len, table.splitlines())), 80)

  def test_long_names_of_what_was_fused(self):
    sources = {name: f'{"of a " * 20}{name};and more' for name in self.values}
    imported = Imported(self.values, sources, (), {}, 'tflite')
    fitted = imported_weights.fit('file', imported)
    table = imported_weights.table('file', imported, fitted)
    self.assertRegex(
      table, r'  65  of a of a .*\.\.\..*depthwise_weights \+65\n'
    )
    self.assertLessEqual(max(map(len, table.splitlines())), 80)

  def test_slots_of_slim(self):
    slots = ('global_step', 'MobilenetV1/Conv2d_0/weights/RMSProp')
    self.assertEqual(7, self.fit(None, slots, 'slim')[0].num_classes)
    self.check_refused(
      ' has 2 values that are no variables of mobilenet_v1_025: global_step, ',
      None,
      slots,
    )

  def test_a_backbone(self):
    values = self.without(f'{_LOGITS}/weights', f'{_LOGITS}/biases')
    fitted, table = self.fit(values)
    self.assertIsNone(fitted.num_classes)
    self.assertIn('mobilenet_v1_025, no head, 135 variables', table)

  def test_half_matches(self):
    biases = f'{_LOGITS}/biases'
    self.check_refused(
      rf' lacks 1 of 137 variables of mobilenet_v1_025: {biases}$',
      self.without(biases),
    )
    depthwise = 'MobilenetV1/Conv2d_3_depthwise/depthwise_weights'
    self.check_refused(
      rf' lacks 1 of 137 .*: {depthwise}$', self.without(depthwise)
    )

  def test_another_shape(self):
    name = 'MobilenetV1/Conv2d_3_pointwise/weights'
    self.check_refused(
      ' has 1 of 137 variables of mobilenet_v1_025, which comes closest, in '
      rf'another shape: {name} is \[1, 1, 32, 31\], not \[1, 1, 32, 32\]$',
      {**self.values, name: np.zeros([1, 1, 32, 31])},
    )

  def test_more(self):
    self.check_refused(
      ' has 1 values that are no .*: dense/kernel$', None, ('dense/kernel',)
    )
    self.check_refused(
      ' has 1 values that are no .*: of MobilenetV1/Conv2d_14/weights$',
      {**self.values, 'MobilenetV1/Conv2d_14/weights': np.zeros(3)},
    )

  def test_not_finite(self):
    name = 'MobilenetV1/Conv2d_0/BatchNorm/gamma'
    self.check_refused(
      f': of {name} holds NaN or infinite values',
      {**self.values, name: np.full(8, np.nan, np.float32)},
    )

  def test_another_library(self):
    with self.assertRaisesRegex(InputError, '^file: no network here has'):
      self.fit({'resnet/conv/weights': np.zeros([3, 3, 3, 8])})


if __name__ == '__main__':
  absltest.main()
