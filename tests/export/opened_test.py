"""An export in a checkpoint's place: what is refused before and as it runs."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
import tensorflow as tf

from base.errors import InputError
from checkpoints import run_info
from export import opened
from tasks import classification_export
from tests.helpers import exports

_OUTPUTS = ['probabilities']


class OpenedTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    temporary = self.enterContext(tempfile.TemporaryDirectory())
    self.folder = os.path.join(temporary, 'export')
    network = exports.network(
      exports.classifier(2), classification_export.EXPORTED, 32, 'lenet'
    )
    exports.write(network, self.folder, 'frozen_graph')
    self.write_card()
    self.file = os.path.join(self.folder, 'frozen_graph.pb')

  def write_card(self, **info):
    card = {'model_name': 'mobilenet_v1', 'num_classes': 2, 'image_size': 32}
    exports.write_card(
      self.folder, _OUTPUTS, format='frozen_graph', **{**card, **info}
    )

  def check_refused(self, message):
    with self.assertRaisesRegex(InputError, message):
      opened.open_export(self.folder)

  def test_changed_file(self):
    opened.open_export(self.folder)
    with open(self.file, 'r+b') as file:
      file.seek(-1, os.SEEK_END)
      last = file.read()
      file.seek(-1, os.SEEK_END)
      file.write(bytes([last[0] ^ 1]))
    self.check_refused(f'^.{self.file}. is not the file .* SHA-256 .*again$')
    os.remove(self.file)
    self.check_refused('frozen_graph.pb. is not the file that was exported')

  def test_model_json_without_hashes(self):
    info = run_info.read_run_info(self.folder)
    run_info.write_run_info(self.folder, {**info, 'files': None})
    self.check_refused('model.json has no SHA-256 .* former version .* again')
    run_info.write_run_info(self.folder, {**info, 'files': {}})
    self.check_refused('frozen_graph.pb. is not the file that was exported')
    outside = {**info['files'], '../outside': '0'}
    run_info.write_run_info(self.folder, {**info, 'files': outside})
    self.check_refused('outside. is not the file that was exported')

  def test_shapes_disagree(self):
    """With what model.json says: one line, whatever the runtime raises."""
    run = opened.open_export(self.folder).run
    with self.assertRaisesRegex(InputError, 'does not run; export again: '):
      run(np.zeros([1, 32, 32, 1], np.float32))

  def test_flags(self):
    opened.refuse('no_export', {'iou_threshold': '0.5'})
    opened.refuse(self.folder, {'xla': 'auto', 'compute_dtype': None})
    with self.assertRaisesRegex(
      InputError, '--score_threshold=0.0: .* is an export, .*, model.ckpt-7$'
    ):
      opened.refuse(self.folder, {'score_threshold': '0.0'})


if __name__ == '__main__':
  tf.test.main()
