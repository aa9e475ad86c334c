"""The program that colours and writes what a segmenter says, end to end."""

import json
import os

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
import tensorflow as tf

from tasks.segmentation import drawing
from tasks.segmentation import maps
from tests.helpers import annotated_folders
from tests.helpers import image_files
from tests.helpers import programs as program_testing
from tests.helpers import segmenters

_SEGMENT = 'segment_image'


class SegmentationTest(segmenters.TestCase):
  def test_segmentation(self):
    bad = image_files.write(self.folder, 'bad.jpg', b'no image')
    cases = self.bad_segmentation()
    images = os.path.join(self.data, 'images')
    shown, plain, *failed = program_testing.run(
      _SEGMENT,
      (
        *self.as_published,
        f'--output_dir={self.path("shown")}',
        f'--labels_path={self.data}/labels.txt',
        *('--batch_size=3', bad, images),
      ),
      (
        *self.as_published,
        f'--output_dir={self.path("plain")}',
        *('--json', images),
      ),
      *(
        (*self.as_published, f'--output_dir={self.path("untouched")}', *flags)
        for flags, _ in cases
      ),
    )
    self.assertEqual(1, shown.status)
    self.assertEndsWith(
      shown.stderr,
      f'{_SEGMENT}.py: {bad}: not a JPEG, PNG, BMP, GIF, WebP or TIFF image, '
      'or damaged at its start\n'
      f'{_SEGMENT}.py: 1 of 5 images could not be read\n',
    )
    self.assertEqual(0, plain.status, plain.stderr)
    masks = [self.expected_mask(number) for number in range(4)]
    self.check_text(shown.stdout, masks)
    self.check_json(plain, masks)
    for number, (mask, _) in enumerate(masks):
      expected = drawing.draw(annotated_folders.image(number), mask)
      for folder in ('shown', 'plain'):
        picture = np.asarray(Image.open(self.path(f'{folder}/{number}.png')))
        self.assertEqual(expected.shape, picture.shape)
        differs = np.any(expected != picture, -1)
        self.assertLess(np.mean(differs), 2e-3)
    program_testing.assert_all_fail(self, _SEGMENT, cases, failed)
    self.assertFalse(os.path.exists(self.path('untouched')))

  def expected_mask(self, number):
    """Returns (mask [40, 60], probabilities): the padding is cut off."""
    logits = maps.resize(
      self.logits[number : number + 1], [segmenters.SIZE, segmenters.SIZE]
    )
    probabilities = tf.nn.softmax(logits[0, :40, :60]).numpy()
    return probabilities.argmax(-1), probabilities

  def check_text(self, stdout, masks):
    """Each class's part of the image, and mean probability."""
    expected = []
    for number, (mask, probabilities) in enumerate(masks):
      path = os.path.join(self.data, 'images', f'{number}.png')
      expected.append(f'{path} -> {self.path(f"shown/{number}.png")}'.split())
      for label in np.unique(mask):
        part = np.mean(mask == label)
        score = probabilities[mask == label, label].mean()
        expected.append([part, score, segmenters.NAMES[label]])
    lines = [line.split() for line in stdout.splitlines()]
    self.assertEqual(
      [line[-1] for line in expected], [line[-1] for line in lines]
    )
    for line, (part, score, _) in zip(lines, expected):
      if '->' not in line:
        self.assertAllClose(100 * part, float(line[0].rstrip('%')), atol=0.2)
        self.assertAllClose(score, float(line[1]), atol=2e-3)

  def check_json(self, result, masks):
    """The file is what is printed, and what the model computes."""
    path = self.path('plain/masks.json')
    with open(path, encoding='utf-8') as file:
      self.assertEqual(json.load(file), json.loads(result.stdout))
    coco = COCO()
    coco.dataset = {
      'images': [{'id': number} for number in range(4)],
      'categories': [{'id': label} for label in range(len(segmenters.NAMES))],
      'annotations': [],
    }
    coco.createIndex()
    found = coco.loadRes(path)
    for number, (mask, probabilities) in enumerate(masks):
      labels = [int(label) for label in np.unique(mask) if label]
      of_image = found.imgToAnns[number]
      self.assertEqual(labels, [one['category_id'] for one in of_image])
      for label, one in zip(labels, of_image):
        decoded = coco_mask.decode(one['segmentation'])
        self.assertLess(np.mean(decoded != (mask == label)), 2e-3)
        self.assertAllClose(
          probabilities[mask == label, label].mean(), one['score'], atol=2e-3
        )

  def bad_segmentation(self):
    image = os.path.join(self.data, 'images', '0.png')
    two = image_files.write(self.folder, 'two.txt', b'a\nb\n')
    return (
      ((), 'name images, or folders of images'),
      (
        (image, '--model_name=ssdlite_mobilenet_v2'),
        'ssdlite_mobilenet_v2 is a detector, which detect_objects.py, .*; for',
      ),
      (
        (image, '--preprocessing_name=ssd'),
        'preprocessing ssd is for boxes, not for masks',
      ),
      ((image, f'--labels_path={two}'), '.*two.txt names 2 classes, .* has 4'),
      (
        (image, '--dataset_name=digits_scenes'),
        'digits_scenes names 11 classes, .* has 4',
      ),
      (
        (image, '--output_stride=8', '--atrous_rates=x'),
        '.*atrous_rates=.*x.*: must be whole numbers',
      ),
    )


if __name__ == '__main__':
  tf.test.main()
