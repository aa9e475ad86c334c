"""Data sets of masks, as the input pipeline hands them to a task."""

import os
import tempfile

from absl.testing import parameterized
import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from datasets import digits_scenes
from datasets import example_cache
from datasets import input_pipeline
from datasets import mask_sets
from datasets.bad_images import BadImages
from datasets.input_pipeline import InputOptions
from tests.helpers import annotated_folders as folders
from tests.helpers import image_files


class ScenesTest(tf.test.TestCase):
  def test_batches(self):
    dataset = mask_sets.get_dataset('digits_scenes', 'validation')
    self.assertEqual(11, dataset.num_classes)
    self.assertEqual(('background', '0', '1'), dataset.label_names[:3])
    batches = input_pipeline.evaluation_batches(
      dataset, InputOptions(3, digits_scenes.SIZE)
    )
    images, masks = next(iter(batches))
    scans = digits_scenes.load(is_training=False)
    for index in range(3):
      scene = digits_scenes.make_scene(scans, index)
      np.testing.assert_allclose(
        scene.image / 127.5 - 1, images[index], atol=1e-6
      )
      np.testing.assert_array_equal(scene.mask, masks[index])

  def test_deeplab_takes_masks_to_the_images_size(self):
    dataset = mask_sets.get_dataset('digits_scenes', 'train')
    options = InputOptions(2, 65, 'deeplab')
    training = input_pipeline.training_batches(dataset, options)
    self.assertEqual(
      (
        tf.TensorSpec([2, 65, 65, 3], tf.uint8),
        tf.TensorSpec([2, 65, 65], tf.uint8),
      ),
      training.element_spec,
    )
    evaluation = input_pipeline.evaluation_batches(dataset, options)
    self.assertEqual([None, 65, 65], evaluation.element_spec[1].shape)


class FilesTest(parameterized.TestCase, tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())

  def get(self, name, validation_fraction=1 - 1e-9):
    write = folders.write_voc if name == 'voc' else folders.write_masks
    write(self.folder)
    return mask_sets.get_dataset(name, 'val', self.folder, validation_fraction)

  def write_mask(self, values, name='masks/2.png'):
    if isinstance(values, np.ndarray):
      values = Image.fromarray(values)
    image_files.write(self.folder, name, image_files.encode(values))

  def check_stops(self, dataset, message, limit=100):
    bad_images = BadImages(limit)
    for make in (
      input_pipeline.evaluation_batches,
      lambda dataset, options, bad_images: input_pipeline.training_batches(
        dataset, options, 0, bad_images
      ),
    ):
      batches = make(dataset, InputOptions(2, 65), bad_images)
      with self.assertRaisesRegex(InputError, message) as caught:
        list(input_pipeline.iterate(batches, bad_images))
      self.assertNotIn('\n', str(caught.exception))

  @parameterized.parameters('voc', 'mask_folder')
  def test_evaluation(self, name):
    dataset = self.get(name)
    self.assertEqual(
      ('background', 'aeroplane', 'bicycle'), dataset.label_names[:3]
    )
    self.assertEqual(21 if name == 'voc' else 4, dataset.num_classes)
    self.assertEqual(4, dataset.num_examples)
    ((images, masks),) = input_pipeline.evaluation_batches(
      dataset, InputOptions(9, 65)
    )
    for number in range(4):
      self.assertAllEqual(folders.mask(number), masks[number, :40, :60])
      self.assertAllClose(
        folders.image(number) / 127.5 - 1,
        images[number, :40, :60],
        # JPEG at quality 95, with colours at half the resolution.
        atol=1.0 if name == 'voc' else 1e-6,
      )
    for values, padding in ((masks, 255), (images, 0)):
      self.assertAllEqual(
        tf.fill(values[:, 40:].shape, padding), values[:, 40:]
      )
      self.assertAllEqual(
        tf.fill(values[:, :, 60:].shape, padding), values[:, :, 60:]
      )

  def test_own_classes_in_vocs_format(self):
    names = '\n'.join(folders.NAMES).encode()
    image_files.write(self.folder, 'labels.txt', names)
    dataset = self.get('voc')
    self.assertEqual(('background', *folders.NAMES), dataset.label_names)
    self.assertAllEqual(folders.mask(2), dataset.read(2, None).target)
    image_files.write(self.folder, 'labels.txt', b'aeroplane')
    with self.assertRaisesRegex(InputError, 'class 3 is none of the 2 classes'):
      self.get('voc').read(2, None)

  def test_masks_stay_with_their_images_in_training(self):
    batches = input_pipeline.training_batches(
      self.get('mask_folder'), InputOptions(4, 65)
    )
    for images, masks in batches.take(4).as_numpy_iterator():
      bright = np.concatenate(
        [np.zeros([4, 65, 65, 1], bool), images > 120], axis=3
      )
      is_padding = (images == 128).all(3)
      for label in 1, 2, 3:
        # Where the mask has a label, all but edges is bright in its channel.
        self.assertGreater(
          np.mean(bright[..., label][masks == label].tolist() + [True]), 0.9
        )
        both = bright[..., label] & ~is_padding & (masks != 255)
        self.assertGreater(
          np.mean((masks == label)[both].tolist() + [True]), 0.9
        )
      self.assertAllEqual(np.full(is_padding.sum(), 255), masks[is_padding])

  def test_runs_repeat_and_resume_exactly(self):
    dataset = self.get('mask_folder')

    def run(steps, first_step=0, cache=None, **options):
      batches = input_pipeline.training_batches(
        dataset, InputOptions(3, 33, **options), first_step, cache=cache
      )
      return map(np.stack, zip(*(batches.take(steps).as_numpy_iterator())))

    images, masks = run(6, num_preprocessing_threads=1)
    for options in (
      {'num_preprocessing_threads': 4},
      {'cache': example_cache.make_cache()},
    ):
      tail, of_tail = run(4, 2, **options)
      self.assertAllEqual(images[2:], tail)
      self.assertAllEqual(masks[2:], of_tail)
    self.assertNotAllEqual(masks, list(run(6, seed=1))[1])

  def test_lists_of_splits(self):
    folders.write_masks(self.folder)
    image_files.write(self.folder, 'train.txt', b'3\n1\n\n')
    dataset = mask_sets.get_dataset('mask_folder', 'train', self.folder)
    self.assertEqual(2, dataset.num_examples)
    self.assertAllEqual(folders.mask(3), dataset.read(0, None).target)
    with self.assertRaisesRegex(InputError, r'no list .* val; there is train'):
      mask_sets.get_dataset('mask_folder', 'val', self.folder)
    image_files.write(self.folder, 'val.txt', b'0\n7\n8\n')
    with self.assertRaisesRegex(InputError, r'no image 7 \(and 1 more\) in'):
      mask_sets.get_dataset('mask_folder', 'validation', self.folder)

  def test_undivided_folder_is_divided_by_name(self):
    folders.write_masks(self.folder)
    sizes = [
      mask_sets.get_dataset('mask_folder', name, self.folder, 0.5).num_examples
      for name in ('train', 'validation')
    ]
    self.assertEqual(4, sum(sizes))
    self.assertNotIn(0, sizes)

  def test_grey_of_few_bits(self):
    for mode, values in (('1', [0, 1]), ('P', [0, 3])):
      dataset = self.get('mask_folder')
      mask = Image.new(mode, (60, 40))
      mask.putpixel((59, 0), values[1])
      if mode == 'P':
        mask.putpalette([0, 0, 0] * 4)
      self.write_mask(mask)
      self.assertAllEqual([values[1], 0], dataset.read(2, None).target[:2, 59])

  @parameterized.parameters(
    ((40, 60, 3), np.uint8, 0, 'one value a pixel.* this one is RGB'),
    ((40, 60), np.uint16, 0, 'one value a pixel.* this one is I'),
    ((60, 40), np.uint8, 0, 'has 60 x 40 pixels .* upright, 40 x 60'),
    ((40, 60), np.uint8, 4, 'class 4 is none of the 4 classes, 0 to 3'),
    ((40, 60), np.uint8, 254, 'class 254 is none of the 4 classes'),
  )
  def test_wrong_mask(self, shape, dtype, value, message):
    dataset = self.get('mask_folder')
    self.write_mask(np.full(shape, value, dtype))
    limit = 0 if 'one value' in message else 100
    self.check_stops(dataset, f'masks/2.png: .*{message}', limit)

  def test_rotated_photograph(self):
    dataset = self.get('mask_folder')
    turned = Image.fromarray(folders.image(1))
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    image_files.write(
      self.folder, 'images/1.png', image_files.encode(turned, exif=exif)
    )
    self.check_stops(
      dataset, 'masks/1.png: .* 40 x 60 .* turned upright, 60 x 40'
    )
    self.write_mask(np.zeros([60, 40], np.uint8), 'masks/1.png')
    self.assertEqual((60, 40), dataset.read(1, None).target.shape)

  def test_bad_images_are_skipped_up_to_the_limit(self):
    for name in 'images', 'masks':
      dataset = self.get('mask_folder')
      image_files.write(self.folder, f'{name}/2.png', b'not an image')
      self.check_stops(dataset, rf'{name}/2.png: not a .*PNG.*\(unread', 0)
      bad_images = BadImages(1)
      ((_, masks),) = input_pipeline.iterate(
        input_pipeline.evaluation_batches(
          dataset, InputOptions(9, 65), bad_images
        ),
        bad_images,
      )
      self.assertLen(masks, 3)
      training = input_pipeline.training_batches(
        dataset, InputOptions(12, 65), bad_images=bad_images
      )
      next(input_pipeline.iterate(training, bad_images))
      self.assertLen(bad_images.messages, 1)

  def test_missing_files(self):
    for name, missing, message in (
      ('voc', 'VOCdevkit/VOC2012/JPEGImages/2007_000001.jpg', 'such image'),
      ('voc', 'VOCdevkit/VOC2012/SegmentationClass/2007_000003.png', 'mask'),
      ('mask_folder', 'masks/1.png', 'images/1.png: there is no mask masks/1'),
      ('mask_folder', 'images/2.png', 'masks/2.png: there is no such image'),
      (
        'mask_folder',
        'labels.txt',
        'labels.txt: No such file; .* one a line, the background first',
      ),
    ):
      self.get(name)
      path = os.path.join(self.folder, missing)
      os.remove(path)
      with self.assertRaisesRegex(InputError, message):
        mask_sets.get_dataset(name, 'val', self.folder, 0.99)

  def test_several_missing_files(self):
    """The first of them, and how many more."""
    root = 'VOCdevkit/VOC2012'
    for name, missing, message in (
      ('voc', f'{root}/JPEGImages/2007_00000{{}}.jpg', 'no such image; the sp'),
      ('voc', f'{root}/SegmentationClass/2007_00000{{}}.png', 'no such mask'),
      ('mask_folder', 'images/{}.png', 'no such image'),
      ('mask_folder', 'masks/{}.png', 'no mask masks/1.png'),
    ):
      self.get(name)
      for number in 1, 2, 3:
        os.remove(os.path.join(self.folder, missing.format(number)))
      with self.assertRaisesRegex(
        InputError, rf'1\.(jpg|png) \(and 2 more\): there is {message}'
      ):
        mask_sets.get_dataset(name, 'val', self.folder, 0.99)

  def test_two_classes_of_one_name(self):
    self.get('mask_folder')
    path = os.path.join(self.folder, 'labels.txt')
    with open(path, 'a', encoding='utf-8') as file:
      file.write('\nbird\n')
    with self.assertRaisesRegex(InputError, "labels.txt: 2 .* called 'bird'"):
      mask_sets.get_dataset('mask_folder', 'val', self.folder, 0.99)

  def test_wrong_arguments(self):
    for arguments, message in (
      (('flowers', 'train'), 'unknown data set of masks flow'),
      (('voc', 'train'), 'set --dataset_dir'),
      (('digits_scenes', 'tset'), 'no split tset'),
    ):
      with self.assertRaisesRegex(InputError, message):
        mask_sets.get_dataset(*arguments)
    dataset = self.get('mask_folder')
    for name, message in (
      ('lenet', '^preprocessing lenet leaves the masks of mask_folder'),
      ('ssd', '^preprocessing ssd is for boxes, not for masks; there is deep'),
    ):
      for make in (
        input_pipeline.evaluation_batches,
        input_pipeline.training_batches,
      ):
        with self.assertRaisesRegex(InputError, message):
          make(dataset, InputOptions(2, 33, name))


if __name__ == '__main__':
  tf.test.main()
