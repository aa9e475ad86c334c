"""Data sets of boxes, through the input pipeline."""

import json
import os
import tempfile

from absl.testing import parameterized
import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from datasets import annotations
from datasets import box_sets
from datasets import example_cache
from datasets import input_pipeline
from datasets.bad_images import BadImages
from datasets.input_pipeline import InputOptions
from tests.helpers import annotated_folders as folders
from tests.helpers import image_files

_WRITERS = {
  'coco': folders.write_coco,
  'voc': folders.write_voc,
  'yolo_folder': lambda folder: folders.write_yolo(folder, 'val'),
}
_YAML = f'val: val/images\nnames: {list(folders.NAMES)}\n'


class BoxSetsTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    image_files.write(self.folder, 'data.yaml', _YAML.encode())

  def get(self, name, split_name='validation'):
    if not os.path.isdir(os.path.join(self.folder, 'done')):
      _WRITERS[name](self.folder)
    return box_sets.get_dataset(name, split_name, self.folder)

  def train(self, dataset, steps, first_step=0, cache=None, **options):
    batches = input_pipeline.training_batches(
      dataset, InputOptions(3, 48, **options), first_step, cache=cache
    )
    images, targets = zip(*batches.take(steps).as_numpy_iterator())
    return np.stack(images), annotations.BoxTargets(
      *map(np.stack, zip(*targets))
    )

  @parameterized.parameters(*_WRITERS)
  def test_evaluation(self, name):
    dataset = self.get(name)
    self.assertEqual('ssd', dataset.default_preprocessing)
    self.assertEqual(folders.NAMES, dataset.label_names[:3])
    self.assertEqual(len(dataset.label_names), dataset.num_classes)
    batches = input_pipeline.evaluation_batches(dataset, InputOptions(3, 24))
    element = batches.element_spec[1]
    self.assertEqual(tf.TensorSpec([None, 2, 4], tf.float32), element.corners)
    ((images, targets), (_, last)) = batches
    self.assertEqual([3, 24, 24, 3], images.shape)
    self.assertAllEqual([2, 0, 1], targets.count)
    self.assertAllEqual([0, 1, 2], targets.index)
    self.assertAllEqual([[40, 60]] * 3, targets.size)
    self.assertAllClose(folders.corners(0), targets.corners[0])
    self.assertAllClose([*folders.corners(2), [0] * 4], targets.corners[2])
    self.assertAllEqual([[1, 0], [0, 0], [2, 0]], targets.labels)
    self.assertAllEqual([3], last.index)
    self.assertAllClose(folders.corners(3), last.corners[0, :1])
    area = 1 / 12 if name == 'coco' else 1 / 6  # 20 x 20 of 40 x 60 pixels
    self.assertAllClose(area, targets.areas[0, 0])
    self.assertEqual(name == 'coco', targets.is_crowd[0, 0])

  def test_own_classes_in_vocs_format(self):
    names = folders.NAMES[::-1]
    image_files.write(self.folder, 'labels.txt', '\n'.join(names).encode())
    dataset = self.get('voc')
    self.assertEqual(names, dataset.label_names)
    self.assertAllEqual([1, 2], dataset.read(0, None).target.labels)

  def test_numbers_of_coco(self):
    dataset = self.get('coco')
    self.assertEqual(folders.IMAGE_IDS, dataset.image_ids)
    self.assertEqual(folders.CATEGORY_IDS, dataset.category_ids)

  @parameterized.parameters(*_WRITERS)
  def test_boxes_stay_on_their_objects_in_training(self, name):
    """In the images that the network gets, as far as resizing is exact."""
    images, targets = self.train(self.get(name), 12)
    self.assertEqual(np.uint8, images.dtype)
    seen = 0
    for image, *of_one in zip(
      np.reshape(images, [-1, 48, 48, 3]),
      *(np.reshape(part, [36, *part.shape[2:]]) for part in targets),
    ):
      boxes = annotations.cut_filling(annotations.BoxTargets(*of_one))
      for label, corners in zip(boxes.labels, boxes.corners * 48):
        painted = image[..., label] > 120
        rows, columns = (np.flatnonzero(painted.any(axis)) for axis in (1, 0))
        tight = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        if np.all(corners[2:] - corners[:2] > 5):
          # Enlarged, pixel i is at i * factor, not at (i + 0.5) * factor.
          self.assertAllClose(tight, corners, atol=3)
          seen += 1
    self.assertGreater(seen, 15)

  def test_runs_repeat_and_resume_exactly(self):
    dataset = self.get('coco')
    images, targets = self.train(dataset, 6, num_preprocessing_threads=1)
    for options in (
      {'num_preprocessing_threads': 4},
      {'cache': example_cache.make_cache()},
    ):
      tail, of_tail = self.train(dataset, 4, 2, **options)
      self.assertAllEqual(images[2:], tail)
      for part, of_part in zip(targets, of_tail):
        self.assertAllEqual(part[2:], of_part)
    _, others = self.train(dataset, 6, seed=1)
    self.assertNotAllEqual(targets.corners, others.corners)

  def test_scenes(self):
    dataset = box_sets.get_dataset('digits_scenes', 'train')
    self.assertEqual(tuple('0123456789'), dataset.label_names)
    images, targets = self.train(dataset, 2)
    self.assertEqual((2, 3, 48, 48, 3), images.shape)
    for image_targets in zip(*(part[0] for part in targets)):
      made = annotations.BoxTargets(*image_targets)
      stored = dataset.read(int(made.index), None).target
      for part, of_stored in zip(made, stored):  # 'lenet' changes none.
        self.assertAllEqual(of_stored, part)

  def test_annotation_without_image(self):
    for name, image in (
      ('coco', f'val2017/{17:012d}.png'),
      ('voc', 'VOCdevkit/VOC2012/JPEGImages/2007_000001.jpg'),
    ):
      _WRITERS[name](self.folder)
      os.remove(os.path.join(self.folder, image))
      with self.assertRaisesRegex(InputError, f'{image}: there is no such'):
        box_sets.get_dataset(name, 'val', self.folder)

  def test_several_annotations_without_images(self):
    _WRITERS['voc'](self.folder)
    images = os.path.join(self.folder, 'VOCdevkit/VOC2012/JPEGImages')
    for number in 1, 2, 3:
      os.remove(os.path.join(images, f'2007_00000{number}.jpg'))
    with self.assertRaisesRegex(
      InputError, r'000001\.jpg \(and 2 more\): there is no such image'
    ):
      box_sets.get_dataset('voc', 'val', self.folder)

  def test_image_of_another_size(self):
    dataset = self.get('coco')
    turned = Image.fromarray(folders.image(1))
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    image_files.write(
      self.folder,
      f'val2017/{17:012d}.png',
      image_files.encode(turned, exif=exif),
    )
    for make in (
      input_pipeline.evaluation_batches,
      lambda dataset, options, bad: input_pipeline.training_batches(
        dataset, options, 0, bad
      ),
    ):
      bad_images = BadImages(100)
      with self.assertRaisesRegex(
        InputError, '17.png: 60 x 40 pixels .* says 40 x 60'
      ):
        list(
          input_pipeline.iterate(
            make(dataset, InputOptions(4, 24), bad_images), bad_images
          )
        )

  def test_bad_images_are_skipped_up_to_the_limit(self):
    dataset = self.get('voc')
    image_files.write(
      self.folder, 'VOCdevkit/VOC2012/JPEGImages/2007_000002.jpg', b'no image'
    )
    for limit in 1, 0:
      bad_images = BadImages(limit)
      batches = input_pipeline.iterate(
        input_pipeline.evaluation_batches(
          dataset, InputOptions(8, 24), bad_images
        ),
        bad_images,
      )
      if limit:
        ((_, targets),) = batches
        self.assertAllEqual([0, 1, 3], targets.index)
      else:
        with self.assertRaisesRegex(InputError, '2007_000002.jpg: not a JPEG'):
          list(batches)

  def test_wrong_arguments(self):
    for arguments, message in (
      (
        ('flowers', 'train'),
        'unknown data set of boxes flowers; there is coco',
      ),
      (('coco', 'train'), 'set --dataset_dir'),
      (('coco', 'tset', self.folder), 'no split tset'),
      (('digits_scenes', 'tset'), 'no split tset'),
      (
        ('yolo_folder', 'train', self.folder, 1.5),
        'validation_fraction is 1.5',
      ),
    ):
      with self.assertRaisesRegex(InputError, message):
        box_sets.get_dataset(*arguments)
    dataset = box_sets.get_dataset('digits_scenes', 'train')
    for name, message in (
      (
        'deeplab',
        'preprocessing deeplab is for masks, not for boxes; there is',
      ),
      ('inception', 'inception is for labels, not for boxes; there is ssd'),
      ('vgg', 'unknown preprocessing vgg; there is ssd, ssd_color, lenet'),
    ):
      with self.assertRaisesRegex(InputError, message):
        self.train(dataset, 1, preprocessing_name=name)

  def test_coco_without_images(self):
    content = folders.write_coco(self.folder)
    content['images'] = content['annotations'] = []
    image_files.write(
      self.folder,
      'annotations/instances_val2017.json',
      json.dumps(content).encode(),
    )
    with self.assertRaisesRegex(InputError, 'no image is listed'):
      box_sets.get_dataset('coco', 'val', self.folder)


if __name__ == '__main__':
  tf.test.main()
