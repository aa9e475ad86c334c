"""What is restored for fine-tuning and for evaluation, and what is refused."""

import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import restore
from tests.helpers import checkpoints as checkpoint_testing
from training import state as training_state

HEAD = checkpoint_testing.HEAD
TinyModel = checkpoint_testing.TinyModel


class FineTuningTest(checkpoint_testing.TestCase):
  def test_a_head_of_another_size_is_left_out_by_itself(self):
    model = TinyModel()
    self.save(model.variables_by_name)
    other = TinyModel(num_classes=5, scale=-1.0)
    report = restore.for_fine_tuning(other, reader.open_checkpoint(self.folder))
    body = ['Tiny/Conv/weights', 'Tiny/Conv/BatchNorm/moving_mean']
    self.assert_same(model, other, body)
    head = [f'{HEAD}/weights', f'{HEAD}/biases']
    self.assert_same(TinyModel(num_classes=5, scale=-1.0), other, head)
    self.assertCountEqual(body, report.restored)
    self.assertEqual(dict.fromkeys(head, 'other shape'), report.skipped)

  def test_excluded_scopes_are_beginnings(self):
    model, other = TinyModel(), TinyModel(scale=-1.0)
    self.save(model.variables_by_name)
    report = restore.for_fine_tuning(
      other,
      reader.open_checkpoint(self.folder),
      'Tiny/Conv/Batch, Tiny/Logits/',
    )
    self.assert_same(model, other, ['Tiny/Conv/weights'])
    self.assert_same(TinyModel(scale=-1.0), other, report.skipped)
    self.assertEqual({'excluded'}, set(report.skipped.values()))
    self.assertLen(report.skipped, 3)

  def test_an_excluded_variable_need_not_be_there(self):
    model = TinyModel()
    del model.variables_by_name[f'{HEAD}/biases']
    self.save(model.variables_by_name)
    report = restore.for_fine_tuning(
      TinyModel(), reader.open_checkpoint(self.folder), 'Tiny/Logits'
    )
    self.assertLen(report.restored, 2)

  def test_missing_variables(self):
    model, other = TinyModel(), TinyModel(scale=-1.0)
    del model.variables_by_name['Tiny/Conv/weights']
    self.save(model.variables_by_name)
    with self.assertRaisesRegex(
      InputError,
      'lacks 1 of 4 .*Tiny/Conv/weights; 3 of 4 fit .--ignore_missing_vars',
    ):
      restore.for_fine_tuning(other, reader.open_checkpoint(self.folder))
    report = restore.for_fine_tuning(
      other, reader.open_checkpoint(self.folder), ignore_missing_vars=True
    )
    self.assertEqual(('Tiny/Conv/weights',), report.initialised)
    self.assert_same(model, other, model.variables_by_name)

  def test_other_shapes(self):
    self.save(TinyModel().variables_by_name)
    other = TinyModel(channels=6)
    with self.assertRaisesRegex(
      InputError,
      r'weights is \[1, 1, 3, 4\], not \[1, 1, 3, 6\].*'
      r'moving_mean is \[4\], not \[6\]; 1 of 4 fit: is it of another network',
    ):
      restore.for_fine_tuning(other, reader.open_checkpoint(self.folder))
    report = restore.for_fine_tuning(
      other, reader.open_checkpoint(self.folder), ignore_missing_vars=True
    )
    self.assertEqual((f'{HEAD}/biases',), report.restored)
    self.assertLen(report.skipped, 3)

  def test_nothing_of_this_model_is_refused_even_so(self):
    self.save({'Resnet/Conv/weights': tf.Variable([1.0])})
    with self.assertRaisesRegex(InputError, 'nothing for this model.*1 more'):
      restore.for_fine_tuning(
        TinyModel(),
        reader.open_checkpoint(self.folder),
        ignore_missing_vars=True,
      )

  def test_trainable_scopes(self):
    model = TinyModel()
    self.assertLen(training_state.trainable_variables(model), 3)
    head = training_state.trainable_variables(model, 'Tiny/Logits,')
    self.assertCountEqual([f'{HEAD}/weights', f'{HEAD}/biases'], head)
    with self.assertRaisesRegex(InputError, "begins with 'Tiny/Logit5'"):
      training_state.trainable_variables(model, 'Tiny/Conv,Tiny/Logit5')


_CONV = 'MobilenetV2/Conv/weights'
_LAST = 'MobilenetV2/Conv_1/weights'


class _Named(tf.Module):
  """Has variables of given {name: shape}, all of one value."""

  def __init__(self, value, shapes):
    super().__init__()
    self.variables_by_name = {
      name: tf.Variable(tf.fill(shape, float(value)))
      for name, shape in shapes.items()
    }

  def values(self):
    """Returns {name: value} of the variables' first numbers."""
    return {
      name: float(tf.reshape(variable, [-1])[0])
      for name, variable in self.variables_by_name.items()
    }


def _classifier(value, width=8, last=16):
  return _Named(
    value,
    {
      _CONV: [1, 1, 3, width],
      _LAST: [1, 1, width, last],
      'MobilenetV2/Logits/Conv2d_1c_1x1/weights': [1, 1, last, 5],
      'MobilenetV2/Logits/Conv2d_1c_1x1/biases': [5],
    },
  )


def _detector(value, num_classes=4):
  return _Named(
    value,
    {
      f'FeatureExtractor/{_CONV}': [1, 1, 3, 8],
      f'FeatureExtractor/{_LAST}': [1, 1, 8, 16],
      'FeatureExtractor/MobilenetV2/layer_19_1_Conv2d_2_1x1_8/weights': [
        *(1, 1, 16, 8)
      ],
      'BoxPredictor_0/BoxEncodingPredictor/biases': [12],
      'BoxPredictor_0/ClassPredictor/biases': [3 * (num_classes + 1)],
      'BoxPredictor_1/ClassPredictor/biases': [6 * (num_classes + 1)],
    },
  )


def _segmenter(value, num_classes=4):
  return _Named(
    value,
    {
      _CONV: [1, 1, 3, 8],
      'image_pooling/weights': [1, 1, 8, 256],
      'logits/semantic/biases': [num_classes],
    },
  )


class OtherTaskTest(checkpoint_testing.TestCase):
  """A checkpoint is at 1, the model that it starts at 0."""

  def tune(self, model, checkpoint_of, **options):
    self.save(checkpoint_of.variables_by_name)
    return restore.for_fine_tuning(
      model, reader.open_checkpoint(self.folder), **options
    )

  def assert_restored(self, expected, model, report):
    self.assertCountEqual(expected, report.restored)
    self.assertEqual(
      {name: float(name in expected) for name in model.variables_by_name},
      model.values(),
    )

  def test_a_classifier_starts_a_detector(self):
    model = _detector(0)
    report = self.tune(model, _classifier(1))
    backbone = [f'FeatureExtractor/{_CONV}', f'FeatureExtractor/{_LAST}']
    self.assert_restored(backbone, model, report)
    self.assertLen(report.initialised, 4)
    self.assertEmpty(report.skipped)

  def test_a_classifier_starts_a_segmenter(self):
    model = _segmenter(0)
    report = self.tune(model, _classifier(1))
    self.assert_restored([_CONV], model, report)

  def test_a_detector_and_a_segmenter_start_each_other(self):
    model = _segmenter(0)
    report = self.tune(model, _detector(1))
    self.assert_restored([_CONV], model, report)
    model = _detector(0)
    with self.assertRaisesRegex(
      InputError,
      f'lacks 1 of 6 variables: FeatureExtractor/{_LAST}; 1 of 2 .*--ign',
    ):
      self.tune(model, _segmenter(1))
    report = self.tune(model, _segmenter(1), ignore_missing_vars=True)
    self.assert_restored([f'FeatureExtractor/{_CONV}'], model, report)

  def test_a_detector_starts_a_classifier(self):
    model = _classifier(0)
    report = self.tune(model, _detector(1))
    self.assert_restored([_CONV, _LAST], model, report)

  def test_other_widths_name_the_shapes(self):
    model = _detector(0)
    with self.assertRaisesRegex(
      InputError,
      r'^[^\n]* is of another model: 2 of 6 variables have another shape: '
      rf'FeatureExtractor/{_CONV} is \[1, 1, 3, 12\], not \[1, 1, 3, 8\], '
      rf'FeatureExtractor/{_LAST} is \[1, 1, 12, 16\], not '
      r'\[1, 1, 8, 16\]; 0 of 2 fit: is it of another network, or another '
      r'width\?$',
    ):
      self.tune(model, _classifier(1, width=12))
    self.assertEqual({0.0}, set(model.values().values()))

  def test_a_head_of_other_classes_is_left_out_of_its_own_kind(self):
    model = _detector(0)
    report = self.tune(model, _detector(1, num_classes=7))
    left_out = [
      'BoxPredictor_0/ClassPredictor/biases',
      'BoxPredictor_1/ClassPredictor/biases',
    ]
    self.assertEqual(dict.fromkeys(left_out, 'other shape'), report.skipped)
    self.assert_restored(
      [name for name in model.variables_by_name if name not in left_out],
      model,
      report,
    )

  def test_features_without_a_head_are_of_another_model(self):
    """They may be those of any network: missing variables are named."""
    features = _Named(1, {_CONV: [1, 1, 3, 8], _LAST: [1, 1, 8, 16]})
    model = _classifier(0)
    with self.assertRaisesRegex(
      InputError, 'lacks 2 of 4 .*Logits.*--ignore_missing_vars'
    ):
      self.tune(model, features)
    report = self.tune(model, features, ignore_missing_vars=True)
    self.assert_restored([_CONV, _LAST], model, report)

  def test_evaluation_counts_a_detectors_classes(self):
    path = self.save(_detector(1, num_classes=7).variables_by_name)
    with self.assertRaisesRegex(
      InputError, f'{path} has 7 classes, the model asked for has 4'
    ):
      restore.for_evaluation(_detector(0), reader.open_checkpoint(path))


class EvaluationTest(checkpoint_testing.TestCase):
  def test_weights_or_their_averages(self):
    model = TinyModel()
    averages = {
      f'{name}/ExponentialMovingAverage': tf.Variable(variable * 2.0)
      for name, variable in model.variables_by_name.items()
    }
    self.save({**model.variables_by_name, **averages})
    other = TinyModel(scale=-1.0)
    report = restore.for_evaluation(other, reader.open_checkpoint(self.folder))
    self.assert_same(model, other)
    self.assertIsNone(report.step)
    restore.for_evaluation(other, reader.open_checkpoint(self.folder), 0.999)
    self.assert_same(TinyModel(scale=2.0), other)

  def test_averages_that_are_not_there(self):
    self.save(TinyModel().variables_by_name)
    with self.assertRaisesRegex(
      InputError, 'has no moving averages: Tiny/Conv'
    ):
      restore.for_evaluation(
        TinyModel(), reader.open_checkpoint(self.folder), 0.999
      )

  def test_another_number_of_classes_names_both(self):
    path = self.save(TinyModel(num_classes=1001).variables_by_name)
    with self.assertRaisesRegex(
      InputError, f'{path} has 1001 classes, the model asked for has 5'
    ):
      restore.for_evaluation(
        TinyModel(num_classes=5), reader.open_checkpoint(path)
      )

  def test_another_model(self):
    path = self.save({'Resnet/Conv/weights': tf.Variable([1.0])})
    with self.assertRaisesRegex(
      InputError, 'of another model: it lacks 4 of 4 variables: Tiny/Conv'
    ):
      restore.for_evaluation(TinyModel(), reader.open_checkpoint(path))


if __name__ == '__main__':
  tf.test.main()
