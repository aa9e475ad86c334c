"""model.json: written whole, read as it is, and filling in what is open."""

import json
import os
import tempfile
from typing import NamedTuple
from unittest import mock

import tensorflow as tf

from base.errors import InputError
from checkpoints import run_info


class _Model(NamedTuple):
  model_name: str | None
  depth_multiplier: float | None


class _Data(NamedTuple):
  dataset_name: str | None
  labels_offset: int | None


class RunInfoTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())
    self.file = os.path.join(self.folder, 'model.json')

  def test_reads_what_was_written(self):
    info = {'model_name': 'mobilenet_v2', 'depth_multiplier': None}
    run_info.write_run_info(self.folder, info)
    self.assertEqual(['model.json'], os.listdir(self.folder))
    self.assertEqual(info, run_info.read_run_info(self.folder))

  def test_runs_begun_before_images_were_shrunk_shrink_none(self):
    """What was imported, without a number of examples, does not say."""
    for info, shrinks in (
      ({'num_examples': 7}, False),
      ({'num_examples': 7, 'shrink_images': True}, True),
      ({'image_size': 32}, None),
    ):
      run_info.write_run_info(self.folder, info)
      found = run_info.read_run_info(self.folder)
      self.assertIs(shrinks, found.get('shrink_images'))

  def test_nothing_there(self):
    self.assertEqual({}, run_info.read_run_info(self.folder))
    self.assertEqual({}, run_info.read_run_info(self.folder + '/no'))

  def test_refuses_a_damaged_file(self):
    for text in ('', '{"model_name": ', '[1]', '\xff'):
      with open(self.file, 'w', encoding='latin-1') as file:
        file.write(text)
      with self.assertRaisesRegex(InputError, 'model.json is damaged'):
        run_info.read_run_info(self.folder)

  def test_refuses_values_that_no_training_wrote(self):
    good = {
      'model_name': 'mobilenet_v2',
      'implementation': 'fast',
      'image_size': 224,
      'depth_multiplier': 1,
      'atrous_rates': [6, 12],
      'category_ids': None,
      'unknown': {'of': 'a later version'},
      'flags': {'optimizer': 'adam'},
    }
    run_info.write_run_info(self.folder, good)
    self.assertEqual(good, run_info.read_run_info(self.folder))
    for key, value in (
      ('model_name', 7),
      ('model_name', ['mobilenet_v2']),
      ('implementation', 'quick'),
      ('implementation', []),
      ('image_size', '224'),
      ('image_size', 224.5),
      ('image_size', True),
      ('image_size', 0),
      ('image_size', 10**6),
      ('depth_multiplier', '1'),
      ('depth_multiplier', float('nan')),
      ('depth_multiplier', 1e9),
      ('use_grayscale', 'no'),
      ('labels_offset', -(10**11)),
      ('atrous_rates', 6),
      ('atrous_rates', ['6']),
      ('category_ids', {}),
      ('flags', []),
    ):
      run_info.write_run_info(self.folder, {**good, key: value})
      with self.assertRaisesRegex(InputError, f'is damaged .{key} is '):
        run_info.read_run_info(self.folder)

  def test_a_failed_write_keeps_what_was_there(self):
    run_info.write_run_info(self.folder, {'image_size': 96})
    with mock.patch.object(json, 'dump', side_effect=OSError(28, 'No space')):
      with self.assertRaisesRegex(InputError, 'cannot be written: No space'):
        run_info.write_run_info(self.folder, {'image_size': 224})
    self.assertEqual({'image_size': 96}, run_info.read_run_info(self.folder))
    self.assertEqual(['model.json'], os.listdir(self.folder))

  def test_refuses_a_folder_that_is_not_there(self):
    with self.assertRaisesRegex(InputError, 'No such file'):
      run_info.write_run_info(self.folder + '/no', {})

  def test_what_is_given_comes_first(self):
    info = {
      'model_name': 'a',
      'depth_multiplier': 0.5,
      'dataset_name': 'd',
      'labels_offset': 1,
    }
    model, data = _Model(None, None), _Data(None, None)
    self.assertEqual(
      (_Model('a', 0.5), _Data('d', 1)), run_info.fill_in(info, {}, model, data)
    )
    self.assertEqual(
      (_Data('d', 0),),
      run_info.fill_in(info, {}, data._replace(labels_offset=0)),
    )
    # What is said of another model does not count; then defaults do.
    self.assertEqual(
      (_Model('b', 2.0), _Data('d', 1)),
      run_info.fill_in(
        info,
        {'depth_multiplier': 2.0, 'labels_offset': 7},
        model._replace(model_name='b'),
        data,
      ),
    )


class DifferencesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())

  def test_a_line_for_each(self):
    folder = self.folder
    info = {
      'model_name': 'mobilenet_v2',
      'implementation': 'slim',
      'image_size': 224,
      'dataset_dir': None,
      'batch_size': 32,
      'seed': 0,
      'num_examples': 100,
      'shrink_images': False,
    }
    self.assertEmpty(run_info.differences(folder, info))  # nothing begun
    run_info.write_run_info(folder, info)
    self.assertEmpty(run_info.differences(folder, info))
    self.assertEqual(
      [
        f'--train_image_size was 224 when {folder} was begun, now it is 96.',
        f'--batch_size was 32 when {folder} was begun, now it is 8.',
        f'--dataset_dir was None when {folder} was begun, now it is /a.',
        f'There were 100 images when {folder} was begun, now there are 99.',
      ],
      run_info.differences(
        folder,
        {
          **info,
          'implementation': 'fast',  # computes the same
          'image_size': 96,
          'dataset_dir': '/a',
          'batch_size': 8,
          'num_examples': 99,
        },
      ),
    )

  def test_flags_and_files(self):
    folder = self.folder
    info = {
      'image_size': 224,
      'num_examples': 9,
      'shrink_images': False,
      'fingerprint': 'a1',
      'flags': {
        'train_image_size': None,
        'optimizer': 'adam',
        'gone': 1,
        'learning_rate': 0.1,
      },
    }
    run_info.write_run_info(folder, info)
    self.assertEmpty(run_info.differences(folder, info))
    now = {
      **info,
      'fingerprint': 'b2',
      'flags': {
        'train_image_size': 224,  # What it came to is the same.
        'optimizer': 'sgd',
        'new': 2,
        'learning_rate': 0.1,
      },
    }
    self.assertEqual(
      [
        f'--optimizer was adam when {folder} was begun, now it is sgd.',
        f'The images are not those with which {folder} was begun: names, '
        'sizes or labels of their files differ.',
      ],
      run_info.differences(folder, now),
    )

  def test_runs_begun_before_images_were_shrunk(self):
    run_info.write_run_info(self.folder, {'num_examples': 7})
    for shrink_images, lines in (
      (False, []),
      (
        True,
        [
          f'--shrink_images was False when {self.folder} was begun, now it is '
          'True.'
        ],
      ),
    ):
      now = {'num_examples': 7, 'shrink_images': shrink_images}
      self.assertEqual(lines, run_info.differences(self.folder, now))

  def test_runs_begun_before_are_not_asked_what_they_do_not_know(self):
    run_info.write_run_info(self.folder, {'image_size': 32})
    now = {'image_size': 32, 'seed': 3, 'num_examples': 7}
    self.assertEmpty(run_info.differences(self.folder, now))


if __name__ == '__main__':
  tf.test.main()
