"""What --help of every program lists: its own flags, and no others."""

import pathlib
import re

from absl.testing import absltest

from tests.helpers import help_texts
from tests.helpers import programs

_NETWORK = {'implementation', 'model_name', 'compute_dtype', 'data_format'}
_RESTORED = {'checkpoint_path', 'moving_average_decay', 'eval_image_size'}
_DATA = {'dataset_name', 'dataset_dir'}
_READ = {'batch_size', 'preprocessing_name', 'use_grayscale'}
_HELD_OUT = {'dataset_split_name', 'validation_fraction', 'max_bad_images'}

_TRAINING = {
  *_NETWORK,
  *_DATA,
  *_READ,
  *_HELD_OUT,
  *('checkpoint_path', 'train_dir', 'train_image_size', 'seed', 'xla'),
  *('learning_rate', 'optimizer', 'weight_decay', 'num_epochs', 'recipe'),
  *('max_number_of_steps', 'rand_augment_layers', 'validate_every_epochs'),
}
_EVALUATION = {
  *_NETWORK,
  *_RESTORED,
  *_DATA,
  *_READ,
  *_HELD_OUT,
  *('eval_dir', 'max_num_batches', 'report', 'xla'),
}
_PREDICTION = {
  *_NETWORK,
  *_RESTORED,
  *_DATA,
  *_READ,
  *('labels_path', 'json', 'output_dir', 'xla'),
}
_EXPORT = {
  *_DATA,
  *_READ,
  *('checkpoint_path', 'implementation', 'model_name', 'eval_image_size'),
  *('format', 'output', 'precision', 'calibration', 'labels_path'),
}
# Some of the flags of each; in particular those that it shares with others.
_FLAGS = {
  'benchmark.py': {'networks', 'implementations', 'batch_sizes', 'output_dir'},
  'classify_image.py': _PREDICTION | {'top_k', 'grad_cam', 'csv'},
  'compare_runs.py': {'json'},
  'detect_objects.py': _PREDICTION | {'min_score', 'iou_threshold'},
  'doctor.py': _DATA | {'checkpoint_path', 'json', 'validation_fraction'},
  'download_and_convert_data.py': _DATA | {'source_dir', 'classes', 'seed'},
  'eval_image_classifier.py': _EVALUATION | {'labels_offset'},
  'eval_image_segmenter.py': _EVALUATION | {'num_pictures', 'eval_scales'},
  'eval_object_detector.py': _EVALUATION | {'num_pictures', 'iou_threshold'},
  'export_model.py': _EXPORT,
  'import_checkpoint.py': {'output', 'labels_path', 'use_moving_averages'},
  'segment_image.py': _PREDICTION | {'output_stride'},
  'train_image_classifier.py': _TRAINING | {'label_smoothing', 'mixup_alpha'},
  'train_image_segmenter.py': _TRAINING | {'label_weights', 'output_stride'},
  'train_object_detector.py': _TRAINING | {'localization_weight'},
}
# Of absl's logging, of absl.app and of tests.
_NOT_OURS = {'verbosity', 'logtostderr', 'only_check_args', 'test_tmpdir', 'v'}


class HelpTest(absltest.TestCase):
  def test_every_program(self):
    there_are = {
      path.name for path in pathlib.Path(programs.PROJECT).glob('*.py')
    }
    self.assertEqual(there_are, set(_FLAGS))
    for name, (status, text) in help_texts.ask(sorted(_FLAGS)).items():
      with self.subTest(name):
        self.assertEqual(0, status, text)
        self.check(name, text)

  def check(self, name, text):
    before, _, after = text.partition('\nflags:\n')
    self.assertIn(f'  python {name} ', before)
    # Flags of other modules would come under the modules' names.
    self.assertEqual([name], re.findall(r'^(?:\S*/)?(\S+):$', after, re.M))
    listed = re.findall(r'^  --(?:\[no\])?(\w+):', after, re.M)
    self.assertEqual(sorted(set(listed)), listed)
    self.assertContainsSubset(_FLAGS[name], listed)
    self.assertNoCommonElements(_NOT_OURS, listed)


if __name__ == '__main__':
  absltest.main()
