"""The program, end to end: classes of good images, and a line for each bad."""

import csv
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image
import tensorflow as tf

from checkpoints import run_info
from checkpoints import writer as writer_lib
from runtime import gpu
from tests.helpers import image_files
from tests.helpers import networks as testing
from tests.helpers import programs as program_testing

_NAMES = (
  'ant',
  'bee',
  'cat with a name that is too long for a line of a table'
  ', which has eighty columns',
  'dog',
)


class ProgramTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.train_dir = os.path.join(cls.folder, 'run')
    cls.model = testing.ruled_model('mobilenet_v1_025', len(_NAMES), 'fast')
    writer_lib.save(
      writer_lib.make_writer(cls.model.variables_by_name, cls.train_dir), 7
    )
    run_info.write_run_info(
      cls.train_dir,
      {
        'model_name': 'mobilenet_v1_025',
        'implementation': 'fast',
        'image_size': 32,
        'preprocessing_name': 'lenet',
      },
    )
    cls.write(
      'run/labels.txt',
      ''.join(f'{i}:{name}\n' for i, name in enumerate(_NAMES)).encode(),
    )
    # Of the network's size: they need no resizing.
    cls.arrays = [image_files.noise(seed, 32, 32) for seed in range(3)]
    cls.paths = [
      cls.write(name, image_files.encode(array))
      for name, array in zip(
        ('a.png', 'photos/b.png', 'photos/inner/c.PNG'), cls.arrays
      )
    ]
    cls.bad = cls.write('photos/bad.jpg', b'no image')
    cls.write('photos/notes.txt', b'')
    cls.cases = cls.bad_input()
    tables = cls.tables()
    results = program_testing.run(
      'classify_image',
      *(
        [f'--checkpoint_path={cls.train_dir}', *arguments]
        for arguments in (*tables, *(flags for flags, _ in cls.cases))
      ),
    )
    cls.of_tables = results[: len(tables)]
    cls.of_bad_input = results[len(tables) :]

  @classmethod
  def write(cls, name, data):
    return image_files.write(cls.folder, name, data)

  def probabilities(self):
    images = np.float32(self.arrays) / 127.5 - 1
    logits, _ = testing.run_eagerly(self.model, images)
    return tf.nn.softmax(logits).numpy()

  def test_json_alone_on_stdout(self):
    ran = subprocess.run(
      [
        sys.executable,
        os.path.join(program_testing.PROJECT, 'classify_image.py'),
        '--json',
        '--compute_dtype=float32',
        f'--checkpoint_path={self.train_dir}',
        self.paths[0],
        f'{self.folder}/photos',
        '--top_k=9',
        '--batch_size=2',
      ],
      env=program_testing.environment(),
      capture_output=True,
      text=True,
      check=False,
    )
    self.assertEqual(1, ran.returncode)
    self.assertEndsWith(
      ran.stderr, 'classify_image.py: 1 of 4 images could not be read\n'
    )
    results = json.loads(ran.stdout)
    paths = [self.paths[0], self.paths[1], self.bad, self.paths[2]]
    self.assertEqual(paths, [result['file'] for result in results])
    self.assertEqual({'file', 'error'}, set(results.pop(2)))
    for result, row in zip(results, self.probabilities()):
      predictions = result['predictions']
      order = row.argsort()[::-1].tolist()
      self.assertEqual(order, [item['label'] for item in predictions])
      self.assertEqual(
        [_NAMES[label] for label in order],
        [item['name'] for item in predictions],
      )
      self.assertAllClose(
        row[order], [item['probability'] for item in predictions], atol=1e-4
      )

  @classmethod
  def tables(cls):
    plain = cls.write('plain.txt', b'Ameise\nBiene\nKatze\nHund\n')
    return (
      [cls.paths[0], '--implementation=slim'],
      [
        cls.paths[0],
        f'--labels_path={plain}',
        '--top_k=2',
        '--compute_dtype=bfloat16',
      ],
      [f'{cls.folder}/photos'],
      [
        *(f'{cls.folder}/photos', '--top_k=1', '--grad_cam'),
        f'--output_dir={cls.folder}/seen',
      ],
      [cls.paths[0], '--csv', '--top_k=2', f'--output_dir={cls.folder}/csv'],
    )

  def test_table(self):
    named, renamed, mixed, *_ = self.of_tables
    row = self.probabilities()[0]
    order = row.argsort()[::-1]
    self.assertEqual(0, named.status)
    expected = [self.paths[0]] + [
      f'{label:6}  {row[label]:6.4f}  {_NAMES[label]}'[:80] for label in order
    ]
    self.assertEqual(expected, named.stdout.splitlines())
    device = gpu.describe_device()
    self.assertEqual(
      f'{device}\nmobilenet_v1_025, fast, NHWC bfloat16\n', renamed.stderr
    )
    self.assertLen(renamed.stdout.splitlines(), 3)
    self.assertNotIn('bee', renamed.stdout)
    self.assertEqual(1, mixed.status)
    self.assertIn(f'\n{device}\nmobilenet_v1_025, fast, NHWC', mixed.stderr)
    self.assertEndsWith(
      mixed.stderr,
      f'classify_image.py: {self.bad}: not a JPEG, PNG, BMP, GIF, WebP or '
      'TIFF image, or damaged at its start\n'
      'classify_image.py: 1 of 3 images could not be read\n',
    )
    for path in self.paths[1:]:
      self.assertIn(path + '\n', mixed.stdout)

  def test_pictures(self):
    """One line a file; the image, coloured, above a line for its class."""
    shown = self.of_tables[3]
    self.assertEqual(1, shown.status)
    lines = shown.stdout.splitlines()
    self.assertEqual(
      self.paths[1:], [line.split()[0] for line in lines], shown.stdout
    )
    self.assertIn(
      f'{self.folder}/photos: skipped 1 file that is no image: notes.txt\n',
      shown.stderr,
    )
    self.assertCountEqual(
      ['b.png', 'c.png', 'predictions.csv'],
      os.listdir(os.path.join(self.folder, 'seen')),
    )
    for name, array in zip('bc', self.arrays[1:]):
      path = os.path.join(self.folder, 'seen', f'{name}.png')
      picture = np.asarray(Image.open(path))
      # 32 pixels, each repeated ten times.
      self.assertEqual(320, picture.shape[1])
      seen = picture[:320:10, ::10]
      self.assertNotAllEqual(array, seen)
      self.assertGreater(np.corrcoef(array.ravel(), seen.ravel())[0, 1], 0.3)
      self.assertGreater(picture.shape[0], 330)

  def test_csv(self):
    shown = self.of_tables[4]
    self.assertEqual(0, shown.status, shown.stderr)
    with open(
      os.path.join(self.folder, 'csv', 'predictions.csv'), encoding='utf-8'
    ) as file:
      self.assertEqual(shown.stdout, file.read())
    row = self.probabilities()[0]
    order = row.argsort()[::-1][:2]
    rows = list(csv.DictReader(shown.stdout.splitlines()))
    self.assertEqual(
      [(self.paths[0], str(i), _NAMES[k]) for i, k in enumerate(order, 1)],
      [(one['file'], one['rank'], one['name']) for one in rows],
    )
    # In bfloat16, where the processor has it.
    self.assertAllClose(
      row[order], [float(one['probability']) for one in rows], atol=0.02
    )
    written = Image.open(os.path.join(self.folder, 'csv', 'a.png'))
    self.assertAllEqual(self.arrays[0], np.asarray(written)[:320:10, ::10])

  @classmethod
  def bad_input(cls):
    """Returns ((arguments, regex of the line), ...)."""
    image = cls.paths[0]
    empty = os.path.dirname(cls.write('empty/notes.txt', b''))
    three = cls.write('three.txt', b'a\nb\nc\n')
    return (
      ([], 'name images, or folders of images'),
      ([empty], 'empty: no images in this folder'),
      ([image, '--model_name=vgg_16'], 'Unknown network .vgg_16'),
      ([image, '--json', '--csv'], 'At most one of .json, csv.'),
      ([image, '--grad_cam'], 'say where, by --output_dir'),
      (['http://a.b/c.jpg'], 'http://a.b/c.jpg .* download it first'),
      (
        [image, '--checkpoint_path=/nowhere/'],
        'no checkpoint /nowhere/; --checkpoint_path takes its file',
      ),
      ([image, '--model_name=mobilenet_v1'], 'is of another model'),
      ([image, '--dataset_name=pets'], 'unknown data set pets'),
      ([image, '--preprocessing_name=vgg'], 'unknown preprocessing vgg'),
      ([image, '--eval_image_size=31'], 'Images of 31 pixels are too small'),
      ([image, f'--checkpoint_path={empty}'], 'empty has no checkpoint'),
      ([image, f'--labels_path={empty}/no'], 'empty/no: No such file'),
      ([image, f'--labels_path={three}'], 'three.txt names 3 .* has 4'),
      ([image, '--dataset_name=digits'], 'digits names 10 classes'),
      ([image, '--moving_average_decay=0.9'], 'has no moving averages'),
    )

  def test_bad_input_is_one_line(self):
    for (arguments, message), result in zip(
      self.cases, self.of_bad_input, strict=True
    ):
      with self.subTest(arguments=arguments):
        self.assertEqual(1, result.status)
        self.assertRegex(
          result.stderr, rf'^classify_image\.py: .*{message}.*\n$'
        )
        self.assertEqual('', result.stdout)


if __name__ == '__main__':
  tf.test.main()
