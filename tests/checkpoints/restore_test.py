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
      InputError, 'lacks 1 of 4 .*Tiny/Conv/weights .*--ignore_missing_vars'
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
      r'moving_mean is \[4\], not \[6\]',
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
