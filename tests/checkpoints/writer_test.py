"""Checkpoints written, found, resumed from, and refused where damaged."""

import os
from unittest import mock

import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import reader
from checkpoints import restore
from checkpoints import writer as writer_lib
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import full_disks
from training import averages as moving_averages
from training import optimizers

HEAD = checkpoint_testing.HEAD
TinyModel = checkpoint_testing.TinyModel


def _global_step(value=0):
  return tf.Variable(value, dtype=tf.int64)


class SaveTest(checkpoint_testing.TestCase):
  def test_names_and_types_are_slims(self):
    model = TinyModel()
    path = self.save(
      {**model.variables_by_name, 'global_step': _global_step(7)}
    )
    self.assertEqual(f'{self.folder}/model.ckpt-7', path)
    reader = tf.train.load_checkpoint(path)
    self.assertEqual(
      reader.get_variable_to_shape_map(),
      {
        'Tiny/Conv/weights': [1, 1, 3, 4],
        'Tiny/Conv/BatchNorm/moving_mean': [4],
        f'{HEAD}/weights': [1, 1, 4, 3],
        f'{HEAD}/biases': [3],
        'global_step': [],
      },
    )
    types = reader.get_variable_to_dtype_map()
    self.assertEqual(tf.int64, types['global_step'])
    self.assertEqual(tf.float32, types['Tiny/Conv/weights'])

  def test_keeps_the_newest_five_across_restarts(self):
    variables = TinyModel().variables_by_name
    for start in (0, 4):
      writer = writer_lib.make_writer(variables, self.folder)
      for step in range(start, start + 4):
        writer_lib.save(writer, step)
    kept = [file for file in os.listdir(self.folder) if file.endswith('.index')]
    self.assertCountEqual([f'model.ckpt-{i}.index' for i in range(3, 8)], kept)
    self.assertEqual(f'{self.folder}/model.ckpt-7', reader.latest(self.folder))

  def test_a_moved_folder_still_has_its_checkpoints(self):
    self.save(TinyModel().variables_by_name)
    moved = self.folder + '_moved'
    os.rename(self.folder, moved)
    self.assertEqual(f'{moved}/model.ckpt-7', reader.latest(moved))

  def test_refuses_to_save_what_is_not_finite(self):
    model = TinyModel()
    good = self.save(model.variables_by_name)
    model.variables_by_name[f'{HEAD}/biases'].assign([0.0, np.nan, 0.0])
    with self.assertRaisesRegex(
      InputError, f'diverged: {HEAD}/biases .*step 8'
    ):
      self.save(model.variables_by_name, step=8)
    self.assertEqual(good, reader.latest(self.folder))
    self.assertFalse(os.path.exists(f'{self.folder}/model.ckpt-8.index'))

  def test_a_folder_that_cannot_be_written(self):
    file = os.path.join(self.folder, 'file')
    with open(file, 'w'):
      pass
    for train_dir in (file, os.path.join(file, 'train')):
      with self.assertRaisesRegex(
        InputError, f'train_dir {train_dir} cannot be written'
      ):
        writer_lib.make_writer({}, train_dir)

  def test_leftovers_of_a_killed_save_are_removed(self):
    path = self.save(TinyModel().variables_by_name)
    leftovers = [
      f'{self.folder}/model.ckpt-{name}'
      for name in (
        '8.data-00000-of-00001.tempstate123',
        '8.data-00000-of-00001',
        # Of one that was written again.
        '7.data-00000-of-00001.tempstate4',
        '7.index.tempstate9',
      )
    ]
    leftovers.append(f'{self.folder}/checkpoint.tmp0123456789abcdef')
    for leftover in leftovers:
      with open(leftover, 'wb') as file:
        file.write(b'half')
    writer_lib.make_writer(TinyModel().variables_by_name, self.folder)
    self.assertCountEqual(
      ['checkpoint', 'model.ckpt-7.index', 'model.ckpt-7.data-00000-of-00001'],
      os.listdir(self.folder),
    )
    self.assertEqual(path, reader.open_newest(self.folder).path)

  def test_a_disk_that_becomes_full(self):
    """What was there stays, and no half of what was not."""
    model = TinyModel(channels=4000)
    writer = writer_lib.make_writer(model.variables_by_name, self.folder)
    good = writer_lib.save(writer, 1)
    before = sorted(os.listdir(self.folder))
    with full_disks.largest_file(10_000):
      with self.assertRaisesRegex(InputError, 'ckpt-2 cannot be written: '):
        writer_lib.save(writer, 2)
      self.assertEqual(before, sorted(os.listdir(self.folder)))
      with self.assertRaisesRegex(InputError, 'no room for a checkpoint of 0'):
        writer_lib.make_writer(model.variables_by_name, self.folder)
    self.assertEqual(before, sorted(os.listdir(self.folder)))
    self.assertEqual(good, reader.open_newest(self.folder).path)

  def test_a_disk_that_becomes_full_after_the_checkpoint(self):
    """The file `checkpoint` has no room: TensorFlow leaves a part of it."""
    writer = writer_lib.make_writer(TinyModel().variables_by_name, self.folder)
    writer_lib.save(writer, 1)
    before = sorted(os.listdir(self.folder))

    def fail(*arguments, **options):
      with open(f'{self.folder}/checkpoint.tmp0123', 'w'):
        pass
      raise tf.errors.ResourceExhaustedError(None, None, 'No space left')

    with mock.patch.object(writer.saver, 'save', fail):
      with self.assertRaisesRegex(InputError, 'written: No space left$'):
        writer_lib.save(writer, 2)
    self.assertEqual(before, sorted(os.listdir(self.folder)))

  def test_a_damaged_one_set_aside(self):
    path = self.save(TinyModel().variables_by_name)
    aside = writer_lib.set_aside(path)
    self.assertEqual(f'{self.folder}/damaged.model.ckpt-7', aside)
    self.assertIsNone(reader.latest(self.folder))
    writer_lib.make_writer(TinyModel().variables_by_name, self.folder)
    self.assertEqual(aside, reader.open_checkpoint(aside).path)
    writer_lib.set_aside(path)  # There is none any more.


class RestoreAllTest(checkpoint_testing.TestCase):
  def _run(self, optimizer_name, scale=1.0, averages=False):
    """Returns a model and the rest of a run's state, by name."""
    model = TinyModel(scale=scale)
    optimizer = optimizers.make_optimizer(optimizer_name, 0.1)
    state = {'global_step': _global_step()}
    state.update(
      optimizers.slots_by_name(optimizer, model.trainable_variables_by_name)
    )
    if averages:
      state.update(
        moving_averages.averages_by_name(
          moving_averages.make_averages(
            model.variables_by_name, 0.9, state['global_step']
          ),
          model.variables_by_name,
        )
      )
    return model, state

  def test_everything_comes_back(self):
    model, state = self._run('adam', averages=True)
    for i, variable in enumerate(state.values()):
      variable.assign(tf.ones_like(variable) * (i + 2))
    path = self.save({**model.variables_by_name, **state})
    other, other_state = self._run('adam', scale=-1.0, averages=True)
    report = restore.all_of_run(
      other, reader.open_checkpoint(self.folder), other_state
    )
    self.assert_same(model, other)
    for name, variable in state.items():
      self.assertAllEqual(variable, other_state[name])
    self.assertEqual((path, 2), (report.path, report.step))
    self.assertCountEqual([*model.variables_by_name, *state], report.restored)
    self.assertEqual(({}, ()), (report.skipped, report.initialised))

  def test_another_optimizer_starts_its_slots_afresh(self):
    model, state = self._run('momentum')
    state['global_step'].assign(41)
    self.save({**model.variables_by_name, **state})
    other, other_state = self._run('rmsprop', scale=-1.0)
    report = restore.all_of_run(
      other, reader.open_checkpoint(self.folder), other_state
    )
    self.assert_same(model, other)
    self.assertEqual(41, other_state['global_step'].numpy())
    self.assertAllEqual([1.0] * 3, other_state[f'{HEAD}/biases/RMSProp'])
    self.assertCountEqual(
      [name for name in other_state if 'RMSProp' in name], report.initialised
    )

  def test_averages_that_are_not_there_start_at_the_weights(self):
    model, state = self._run('sgd')
    self.save({**model.variables_by_name, **state})
    other, other_state = self._run('sgd', scale=-1.0, averages=True)
    restore.all_of_run(other, reader.open_checkpoint(self.folder), other_state)
    for name, variable in model.variables_by_name.items():
      self.assertAllEqual(
        variable, other_state[f'{name}/ExponentialMovingAverage']
      )

  def test_model_variables_must_be_there(self):
    model, state = self._run('sgd')
    del model.variables_by_name['Tiny/Conv/weights']
    self.save({**model.variables_by_name, **state})
    other, other_state = self._run('sgd', scale=-1.0)
    with self.assertRaisesRegex(
      InputError, 'lacks 1 of 4 variables: Tiny/Conv/weights$'
    ):
      restore.all_of_run(
        other, reader.open_checkpoint(self.folder), other_state
      )
    self.assert_same(TinyModel(scale=-1.0), other)


class BadFilesTest(checkpoint_testing.TestCase):
  def _refused(self, path, message):
    """Both ways of opening refuse, in one line, and change nothing."""
    model = TinyModel(scale=-1.0)
    for restore_from in (restore.for_evaluation, restore.for_fine_tuning):
      with self.assertRaisesRegex(InputError, message) as caught:
        restore_from(model, reader.open_checkpoint(path))
      self.assertIn(path, str(caught.exception))
    self.assert_same(TinyModel(scale=-1.0), model)

  def _replace(self, path, content):
    with open(path, 'wb') as file:
      file.write(content)

  def test_missing(self):
    self._refused(f'{self.folder}/model.ckpt-9', 'there is no checkpoint')
    self._refused(self.folder, 'has no checkpoint')

  def test_not_a_checkpoint(self):
    path = os.path.join(self.folder, 'photo.jpg')
    self._replace(path, b'\xff\xd8\xff\xe0' * 100)
    self._refused(path, 'is not a checkpoint')

  def test_damaged_index(self):
    path = self.save(TinyModel().variables_by_name)
    with open(path + '.index', 'rb') as file:
      content = file.read()
    for damaged in (b'', content[:-20], b'x' * len(content)):
      self._replace(path + '.index', damaged)
      self._refused(path, 'is not a checkpoint, or is damaged')

  def test_damaged_data(self):
    path = self.save(TinyModel().variables_by_name)
    data = path + '.data-00000-of-00001'
    with open(data, 'rb') as file:
      content = file.read()
    flipped = content[:9] + bytes([content[9] ^ 1]) + content[10:]
    for damaged in (b'', content[:-2], flipped):
      self._replace(data, damaged)
      self._refused(path, 'is damaged: Tiny/.* cannot be read')
    os.remove(data)
    self._refused(path, 'is damaged: Tiny/.* cannot be read')

  def test_values_that_are_not_finite(self):
    model = TinyModel()
    model.variables_by_name[f'{HEAD}/biases'].assign([0.0, np.inf, 0.0])
    saver = tf.compat.v1.train.Saver(model.variables_by_name)
    path = saver.save(None, f'{self.folder}/bad', write_meta_graph=False)
    self._refused(path, f'{HEAD}/biases holds NaN or infinite')

  def test_the_name_of_a_file_of_it_does_too(self):
    path = self.save(TinyModel().variables_by_name)
    for suffix in ('.index', '.data-00000-of-00001'):
      report = restore.for_evaluation(
        TinyModel(), reader.open_checkpoint(path + suffix)
      )
      self.assertEqual(path, report.path)


if __name__ == '__main__':
  tf.test.main()
