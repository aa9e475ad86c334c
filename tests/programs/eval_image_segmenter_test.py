"""The program that evaluates segmenters, end to end."""

import json
import os

from PIL import Image
import tensorflow as tf

from checkpoints import run_info
from tasks.segmentation import maps
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import event_files
from tests.helpers import programs as program_testing
from tests.helpers import segmenters
from tests.helpers import soak

_EVAL = 'eval_image_segmenter'


@soak.slow
class EvaluationTest(segmenters.TestCase):
  def test_evaluation(self):
    cases = self.bad_evaluation()
    data = ('--dataset_name=mask_folder', f'--dataset_dir={self.data}')
    lines = {
      'slim': ('--num_pictures=2', '--batch_size=3', '--report'),
      'fast': ('--num_pictures=0',),
      'scales': (
        *('--eval_scales=0.5,1.25', '--add_flipped_images'),
        *('--implementation=fast', '--num_pictures=1'),
      ),
    }
    (*results,) = program_testing.run(
      _EVAL,
      *(
        (
          *self.as_published,
          *data,
          f'--eval_dir={self.path(name)}',
          f'--implementation={"slim" if name == "slim" else "fast"}',
          *flags,
        )
        for name, flags in lines.items()
      ),
      *(
        (*self.as_published, f'--eval_dir={self.path("untouched")}', *flags)
        for flags, _ in cases
      ),
    )
    expected = self.expected_metrics(self.logits)
    self.assertBetween(expected['mIOU'], 0.02, 0.9)
    many = maps.multi_scale_probabilities(
      lambda images: segmenters.narrow_model()(images)[0],
      tf.constant(self.images),
      output_stride=16,
      scales=(0.5, 1.25),
    )
    at_scales = self.expected_metrics(many)
    self.assertNotAllClose(expected['mIOU'], at_scales['mIOU'], atol=0.01)
    for (name, result), metrics in zip(
      zip(lines, results), (expected, expected, at_scales)
    ):
      self.assertEqual(0, result.status, result.stderr)
      self.assertEqual('', result.stderr)
      self.check_metrics(name, metrics, result.stdout)
    self.check_pictures()
    self.assertContainsSubset(
      ['report.html', 'iou.png', 'iou.csv', 'worst.png'],
      os.listdir(self.path('slim')),
    )
    program_testing.assert_all_fail(self, _EVAL, cases, results[len(lines) :])
    self.assertFalse(os.path.exists(self.path('untouched')))

  def check_metrics(self, name, expected, stdout):
    """Printed, as JSON and for TensorBoard; of each class, too."""
    with open(
      self.path(f'{name}/evaluation-model.ckpt-7.json'), encoding='utf-8'
    ) as file:
      metrics = json.load(file)['metrics']
    self.assertEqual(4, metrics.pop('num_examples'))
    self.assertGreater(metrics.pop('images_per_second'), 0)
    # A rounding error moves a pixel or two, of 9,600.
    self.assertAllClose(expected, metrics, atol=5e-3)
    printed = dict(line.split() for line in stdout.splitlines()[4:])
    self.assertEqual(f'{metrics["IoU_bird"]:.4f}', printed['IoU_bird'])
    logged = event_files.scalars(self.path(name))
    for metric, value in metrics.items():
      self.assertAllClose({0: value}, logged[metric])

  def check_pictures(self):
    """As large as the padded images, enlarged: truth and result."""
    for name, count in (('slim', 2), ('fast', 0), ('scales', 1)):
      logged = event_files.pictures(self.path(name))
      files = [file for file in os.listdir(self.path(name)) if 'worst-' in file]
      self.assertLen(files, count)
      for number in range(1, count + 1):
        picture = Image.open(self.path(f'{name}/worst-{number}.png'))
        self.assertEqual(
          (2 * 5 * segmenters.SIZE, 5 * segmenters.SIZE), picture.size
        )
        self.assertAllEqual(picture, logged[f'worst/{number}'][0])

  def bad_evaluation(self):
    """Returns ((arguments, regex of the line), ...)."""
    detector = self.path('detector')
    checkpoint_testing.save(
      {'BoxPredictor_0/ClassPredictor/biases': tf.Variable([0.0] * 6)}, detector
    )
    run_info.write_run_info(detector, {'model_name': 'ssdlite_mobilenet_v2'})
    scenes = '--dataset_name=digits_scenes'
    return (
      (('--eval_scales=0',), r".*eval_scales=\['0'\]: must be numbers above 0"),
      (('--eval_scales=',), r'.*eval_scales=\[\]: must be numbers above 0'),
      (
        ('--eval_scales=1,big',),
        '.*eval_scales=.*big.*: must be numbers above 0',
      ),
      (
        ('--eval_scales=nan',),
        '.*eval_scales=.*nan.*: must be numbers above 0',
      ),
      ((scenes, '--model_name=vgg_16'), "Unknown network 'vgg_16'"),
      (
        (scenes, '--model_name=mobilenet_v2'),
        'mobilenet_v2 is a classifier, .*; for this program .* deeplab_v3',
      ),
      (
        (f'--checkpoint_path={detector}', '--model_name='),
        "Unknown network ''",
      ),
      (
        (scenes, f'--checkpoint_path={detector}'),
        '.* is of another model: it lacks 272 of 272 variables: MobilenetV2/',
      ),
      (
        (scenes, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
    )


if __name__ == '__main__':
  tf.test.main()
