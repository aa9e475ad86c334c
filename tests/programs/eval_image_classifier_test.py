"""The program, end to end: metrics, files, and one line for each bad input."""

import csv
import glob
import json
import os
import shutil
import tempfile

import numpy as np
from sklearn import metrics as sklearn_metrics
import tensorflow as tf

from checkpoints import names
from checkpoints import run_info
from checkpoints import writer as writer_lib
from datasets import catalog
from datasets import input_pipeline
from datasets.input_pipeline import InputOptions
from runtime import gpu
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NUM_CLASSES = 10
_NUM_EXAMPLES = 360  # Of digits, held out.


class ProgramTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.train_dir = os.path.join(cls.folder, 'run')
    cls.model = testing.ruled_model('mobilenet_v1_025', _NUM_CLASSES, 'fast')
    variables = cls.model.variables_by_name
    of_zero = {
      names.average_of(name): tf.Variable(tf.zeros_like(variable))
      for name, variable in variables.items()
    }
    cls.checkpoint = writer_lib.save(
      writer_lib.make_writer(
        {**variables, **of_zero, 'global_step': tf.Variable(7, dtype=tf.int64)},
        cls.train_dir,
      ),
      7,
    )
    run_info.write_run_info(
      cls.train_dir,
      {
        'model_name': 'mobilenet_v1_025',
        'implementation': 'fast',
        'image_size': 32,
        'dataset_name': 'digits',
      },
    )
    cls.photos = os.path.join(cls.folder, 'photos')
    image_files.write_folder(os.path.join(cls.photos, 'test'), '0123456789', 1)
    cls.bad_image = image_files.write(
      cls.photos,
      'test/3/bad.png',
      image_files.encode(image_files.noise(0))[:200],
    )

    cls.cases = cls.bad_input()
    cls.results = cls.run_program(
      {
        'metrics': [['--compute_dtype=float32']],
        'flags': cls.flags(),
        'report': [cls.report()],
        'bad': [arguments for arguments, _ in cls.cases],
      }
    )

  @classmethod
  def run_program(cls, groups):
    """Runs all command lines in one process; returns {group: its results}.

    Each group has an eval_dir of its own.
    """
    results = iter(
      program_testing.run(
        'eval_image_classifier',
        *(
          [
            f'--checkpoint_path={cls.train_dir}',
            f'--eval_dir={cls.eval_dir(group)}',
            *arguments,
          ]
          for group, lines in groups.items()
          for arguments in lines
        ),
      )
    )
    return {
      group: [next(results) for _ in lines] for group, lines in groups.items()
    }

  @classmethod
  def eval_dir(cls, group):
    return os.path.join(cls.folder, 'evaluated', group)

  def expected_metrics(self):
    dataset = catalog.get_dataset('digits', 'validation')
    batches = input_pipeline.evaluation_batches(
      dataset, InputOptions(_NUM_EXAMPLES, 32)
    )
    images, labels = next(iter(batches))
    logits = testing.run_eagerly(self.model, images)[0].astype(np.float64)
    return {
      'Accuracy': np.mean(logits.argmax(axis=1) == labels),
      'Recall_5': sklearn_metrics.top_k_accuracy_score(labels, logits, k=5),
      'loss': sklearn_metrics.log_loss(labels, tf.nn.softmax(logits)),
      'num_examples': _NUM_EXAMPLES,
    }

  def test_prints_and_writes_the_metrics(self):
    (ran,) = self.results['metrics']
    self.assertEqual(0, ran.status, ran.stderr)
    self.assertEqual('', ran.stderr)
    expected = self.expected_metrics()
    lines = ran.stdout.splitlines()
    self.assertEqual(
      [
        f'Checkpoint {self.checkpoint}, step 7',
        gpu.describe_device(),
        'mobilenet_v1_025, fast, NHWC float32',
        'digits, validation: 360 examples, 10 classes',
      ],
      lines[:4],
    )
    printed = dict(line.split() for line in lines[4:])
    self.assertEqual(
      ['Accuracy', 'Recall_5', 'loss', 'images/s'], list(printed)
    )
    self.assertEqual(f'{expected["Accuracy"]:.4f}', printed['Accuracy'])
    with open(
      os.path.join(self.eval_dir('metrics'), 'evaluation-model.ckpt-7.json'),
      encoding='utf-8',
    ) as file:
      written = json.load(file)
    self.assertGreater(written['metrics'].pop('images_per_second'), 0)
    self.assertAllClose(expected, written.pop('metrics'), rtol=1e-4)
    self.assertEqual(
      {
        'checkpoint': self.checkpoint,
        'step': 7,
        'dataset_name': 'digits',
        'dataset_split_name': 'validation',
        'model_name': 'mobilenet_v1_025',
        'implementation': 'fast',
        'data_format': 'NHWC',
        'compute_dtype': 'float32',
        'use_batch_statistics': False,
      },
      written,
    )
    self.check_summary(expected)

  def check_summary(self, expected):
    (events,) = glob.glob(os.path.join(self.eval_dir('metrics'), 'events*'))
    found = {}
    for event in tf.compat.v1.train.summary_iterator(events):
      for value in event.summary.value:
        self.assertEqual(7, event.step)
        found[value.tag] = float(tf.make_ndarray(value.tensor))
    for name, value in expected.items():
      self.assertAllClose(value, found[name], rtol=1e-4)

  @classmethod
  def report(cls):
    return [
      '--report',
      '--dataset_name=image_folder',
      f'--dataset_dir={cls.photos}',
      *('--dataset_split_name=test', '--max_bad_images=1', '--batch_size=4'),
    ]

  def test_report(self):
    """Of ten photographs, a class each; none without --report."""
    (ran,) = self.results['report']
    self.assertEqual(0, ran.status, ran.stderr)
    folder = self.eval_dir('report')
    self.assertEndsWith(ran.stdout, f'\nReport: {folder}/report.html\n')
    with open(os.path.join(folder, 'report.html'), encoding='utf-8') as file:
      page = file.read()
    for wanted in ('mobilenet_v1_025 on image_folder', 'taken for'):
      self.assertIn(wanted, page)
    # All are of one size.
    self.assertContainsSubset(
      [
        *('classes.csv', 'confused.csv', 'confusion.csv', 'confusion.png'),
        *('calibration.csv', 'calibration.png', 'worst.png'),
      ],
      os.listdir(folder),
    )
    with open(os.path.join(folder, 'confusion.csv'), encoding='utf-8') as file:
      (names, *rows) = csv.reader(file)
    self.assertEqual([*'0123456789'], names[1:])
    self.assertEqual([1] * 10, [sum(map(int, row[1:])) for row in rows])
    self.assertNotIn('report.html', os.listdir(self.eval_dir('metrics')))

  @classmethod
  def flags(cls):
    return (
      ['--implementation=slim', '--batch_size=70', '--quantize'],
      [
        '--wait_for_checkpoints',
        '--eval_interval_secs=0',
        '--timeout_secs=0',
        '--compute_dtype=float32',
      ],
      ['--moving_average_decay=0.999'],
      ['--batch_size=50', '--max_num_batches=2', '--use_grayscale'],
      [
        '--dataset_name=image_folder',
        f'--dataset_dir={cls.photos}',
        '--max_bad_images=1',
        '--batch_size=4',
      ],
    )

  def test_flags(self):
    slim, waited, averaged, some, photos = self.results['flags']
    accuracy = f'Accuracy  {self.expected_metrics()["Accuracy"]:10.4f}'
    self.assertIn(accuracy, slim.stdout)
    self.assertStartsWith(slim.stdout, '--quantize has no effect')
    self.assertIn(accuracy, waited.stdout)
    self.assertEqual(0, waited.status)
    # All averages are zero here, and so are the logits then.
    self.assertIn(f'loss      {np.log(_NUM_CLASSES):10.4f}', averaged.stdout)
    self.assertIn('digits, validation: 100 examples', some.stdout)
    self.assertIn('image_folder, test: 10 examples', photos.stdout)
    self.assertIn(f'Skipped {self.bad_image}', photos.stdout)

  @classmethod
  def bad_input(cls):
    """Returns ((arguments, regex of the line), ...)."""
    folder = cls.folder
    three = os.path.join(folder, 'three')
    image_files.write_folder(os.path.join(three, 'test'), 'abc', 1)
    file = image_files.write(folder, 'file', b'')
    damaged = shutil.copytree(
      cls.train_dir, os.path.join(folder, 'damaged'), dirs_exist_ok=True
    )
    image_files.write(damaged, 'model.json', b'{')
    photos = ['--dataset_name=image_folder', f'--dataset_dir={cls.photos}']
    return (
      (['--model_name=vgg_16'], 'Unknown network .vgg_16'),
      (['--model_name=ssdlite_mobilenet_v2'], 'ssdlite.* is a detector, which'),
      (
        ['--model_name=mobilenet_v1'],
        'is of another model: .*Conv2d_0/weights',
      ),
      (['--dataset_name=pets'], 'unknown data set pets'),
      (['--dataset_name=flowers'], 'flowers needs a folder'),
      (['--dataset_split_name=dev'], 'digits has no split dev'),
      (['--preprocessing_name=vgg'], 'unknown preprocessing vgg'),
      (['--eval_image_size=31'], 'Images of 31 pixels are too small'),
      (
        ['--implementation=slim', '--compute_dtype=float16'],
        'add --implementation=fast',
      ),
      ([f'--checkpoint_path={three}'], 'three has no checkpoint'),
      ([f'--checkpoint_path={damaged}'], 'model.json is damaged'),
      (
        [
          f'--checkpoint_path={folder}/no',
          '--wait_for_checkpoints',
          '--timeout_secs=0',
        ],
        'no checkpoint came within 0 s',
      ),
      ([f'--eval_dir={file}/eval'], 'eval_dir .* cannot be written'),
      ([*photos], f'{cls.bad_image}: damaged image'),
      (
        ['--dataset_name=image_folder', f'--dataset_dir={three}'],
        'has 10 classes, the model asked for has 3',
      ),
      (['digits'], "What is 'digits'"),
    )

  def test_bad_input_is_one_line(self):
    for (arguments, message), result in zip(
      self.cases, self.results['bad'], strict=True
    ):
      with self.subTest(arguments=arguments):
        self.assertEqual(1, result.status)
        self.assertRegex(
          result.stderr, rf'^eval_image_classifier\.py: .*{message}.*\n$'
        )
        self.assertEqual('', result.stdout)
    folder = self.eval_dir('bad')
    self.assertEmpty(os.listdir(folder) if os.path.exists(folder) else [])


if __name__ == '__main__':
  tf.test.main()
