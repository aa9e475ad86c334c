"""What recipes and hints make of flags, before a run finds its data."""

import json
import os
import tempfile

import tensorflow as tf

from checkpoints import writer as checkpoint_writer
from tests.helpers import programs as program_testing

_PROGRAM = 'train_image_segmenter'
_STEP = '--learning_rate_decay_type=step'
_HINT = 'add --learning_rate_decay_factor=0.1'


class RecipeFlagsTest(tf.test.TestCase):
  def test_in_one_process(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    writer = checkpoint_writer.make_writer({'w': tf.Variable(0.0)}, folder)
    checkpoint_writer.save(writer, 3)
    info = {
      'model_name': 'deeplab_v3_mobilenet_v2_050',
      'image_size': 65,
      'atrous_rates': [6, 12, 18],
    }
    with open(os.path.join(folder, 'model.json'), 'w') as file:
      json.dump(info, file)
    run = (f'--train_dir={folder}', '--dataset_dir=nowhere')
    tune = (*run, '--recipe=finetune')
    results = program_testing.run(
      _PROGRAM,
      tune,
      (*tune, '--train_image_size=129'),
      (*run, _STEP),
      (*run, _STEP, '--learning_rate_decay_factor=0.5'),
    )
    for result in results:
      program_testing.assert_fails(self, _PROGRAM, result, '.*nowhere')
    told = [' '.join(result.stdout.split()) for result in results]
    network = (
      '--model_name=deeplab_v3_mobilenet_v2_050 --train_image_size=65 '
      '--atrous_rates=6,12,18'
    )
    self.assertIn(network, told[0])
    self.assertNotIn('train_image_size', told[1])
    self.assertIn(_HINT, told[2])
    self.assertNotIn(_HINT, told[3])


if __name__ == '__main__':
  tf.test.main()
