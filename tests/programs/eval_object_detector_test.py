"""The program that evaluates detectors, end to end."""

import json
import os

from PIL import Image
import tensorflow as tf

from checkpoints import run_info
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import detectors
from tests.helpers import event_files
from tests.helpers import programs as program_testing
from tests.helpers import soak

_EVAL = 'eval_object_detector'


@soak.slow
class EvaluationTest(detectors.TestCase):
  def test_evaluation(self):
    cases = self.bad_evaluation()
    data = ('--dataset_name=yolo_folder', f'--dataset_dir={self.path("data")}')
    slim, fast, *bad = program_testing.run(
      _EVAL,
      *(
        (
          *self.as_published,
          *data,
          f'--eval_dir={self.path(implementation)}',
          f'--implementation={implementation}',
          *flags,
        )
        for implementation, *flags in (
          ('slim', '--num_pictures=2', '--batch_size=3', '--report'),
          ('fast', '--num_pictures=0'),
        )
      ),
      *((*flags, f'--eval_dir={self.path("untouched")}') for flags, _ in cases),
    )
    expected = self.expected_metrics()
    self.assertBetween(expected['mAP'], 0.1, 0.9)
    for implementation, result in (('slim', slim), ('fast', fast)):
      self.assertEqual(0, result.status, result.stderr)
      self.assertEqual('', result.stderr)
      self.check_metrics(implementation, expected, result.stdout)
    self.check_pictures()
    self.assertContainsSubset(
      ['report.html', 'precision_recall.png', 'classes.csv', 'worst.png'],
      os.listdir(self.path('slim')),
    )
    self.assertNotIn('report.html', os.listdir(self.path('fast')))
    program_testing.assert_all_fail(self, _EVAL, cases, bad)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_metrics(self, implementation, expected, stdout):
    """Printed, as JSON and for TensorBoard; of each class, too."""
    folder = self.path(implementation)
    with open(
      os.path.join(folder, 'evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      written = json.load(file)
    self.assertEqual(detectors.NETWORK, written['model_name'])
    self.assertEqual('yolo_folder', written['dataset_name'])
    metrics = written['metrics']
    self.assertEqual(4, metrics.pop('num_examples'))
    self.assertGreater(metrics.pop('images_per_second'), 0)
    self.assertAllClose(expected, metrics, atol=1e-4)
    self.assertContainsSubset(
      [
        'mAP',
        'mAP_50',
        'mAP_75',
        'AP50_voc',
        *(f'AP_{n}' for n in detectors.NAMES),
      ],
      metrics,
    )
    printed = dict(line.split() for line in stdout.splitlines()[4:])
    self.assertEqual(f'{metrics["AP_bee"]:.4f}', printed['AP_bee'])
    logged = event_files.scalars(folder)
    for name, value in metrics.items():
      self.assertAllClose({0: value}, logged[name])

  def check_pictures(self):
    folder = self.path('slim')
    logged = event_files.pictures(folder)
    for number in (1, 2):
      picture = Image.open(os.path.join(folder, f'worst-{number}.png'))
      self.assertEqual((2 * 320, 320), picture.size)
      self.assertAllEqual(picture, logged[f'worst/{number}'][0])
    self.assertFalse(os.path.exists(os.path.join(folder, 'worst-3.png')))
    self.assertFalse(
      os.path.exists(os.path.join(self.path('fast'), 'worst-1.png'))
    )

  def bad_evaluation(self):
    """Returns ((arguments, regex of the line), ...)."""
    other_task = self.path('segmenter')
    checkpoint_testing.save(
      {'logits/semantic/biases': tf.Variable([0.0])}, other_task
    )
    run_info.write_run_info(
      other_task, {'model_name': 'deeplab_v3_mobilenet_v2'}
    )
    classifier = checkpoint_testing.save(
      {'MobilenetV2/Logits/biases': tf.Variable([0.0])}, self.path('classifier')
    )
    export = self.path('export')
    os.mkdir(export)
    run_info.write_run_info(export, {'format': 'tflite'})
    published = self.as_published
    return (
      (
        (*published, f'--checkpoint_path={export}', '--iou_threshold=0.6'),
        '--iou_threshold=0.6: .*/export is an export, which runs as it is',
      ),
      ((*published, '--model_name=vgg_16'), "Unknown network 'vgg_16'"),
      (
        (*published, '--model_name=mobilenet_v2'),
        'mobilenet_v2 is a classifier, .*; for this program .* ssdlite',
      ),
      (
        (f'--checkpoint_path={other_task}',),
        'deeplab_v3_mobilenet_v2 is a segmenter, which segment_image.py, ',
      ),
      (
        (
          *published,
          f'--checkpoint_path={classifier}',
          '--dataset_name=digits_scenes',
        ),
        '.* is of another model: it lacks 404 of 404 .*: FeatureExtractor/',
      ),
      ((*published, '--dataset_name=digits'), 'unknown data set of boxes'),
      (
        (
          *published,
          '--dataset_name=digits_scenes',
          '--preprocessing_name=deeplab',
        ),
        'preprocessing deeplab is for masks, not for boxes',
      ),
      ((*published, '--num_pictures=-1'), '.*num_pictures=-1: .*non-negative'),
    )


if __name__ == '__main__':
  tf.test.main()
