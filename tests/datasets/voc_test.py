"""VOC's files, in the devkit's folders."""

import contextlib
import io
import os
import tempfile

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import voc
from tests.helpers import image_files

_XML = """<annotation>
  <folder>VOC2012</folder><filename>2007_000027.jpg</filename>
  <size><width>100</width><height>50</height><depth>3</depth></size>
  <segmented>0</segmented>
  <object>
    <name>person</name><pose>Left</pose><difficult>0</difficult>
    <bndbox>
      <xmin>11</xmin><ymin>1</ymin><xmax>100</xmax><ymax>25</ymax>
    </bndbox>
    <part>
      <name>head</name>
      <bndbox>
        <xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>
      </bndbox>
    </part>
  </object>
  <object>
    <name>dog</name><difficult>1</difficult>
    <bndbox>
      <xmin>51</xmin><ymin>26</ymin><xmax>60</xmax><ymax>50</ymax>
    </bndbox>
  </object>
</annotation>"""


class VocTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enter_context(tempfile.TemporaryDirectory())
    self.root = os.path.join(self.folder, 'VOCdevkit', 'VOC2012')
    for kind in ('Main', 'Segmentation'):
      self.write(f'ImageSets/{kind}/val.txt', '2007_000027\n')
    self.write('Annotations/2007_000027.xml', _XML)

  def write(self, name, text):
    image_files.write(self.root, name, text.encode())

  @parameterized.parameters('', 'VOCdevkit', 'VOCdevkit/VOC2012')
  def test_boxes_by_hand(self, inside):
    (image,) = voc.load_boxes(os.path.join(self.folder, inside), 'validation')
    self.assertEqual(
      os.path.join(self.root, 'JPEGImages', '2007_000027.jpg'), image.path
    )
    np.testing.assert_allclose(
      [[0, 0.1, 0.5, 1], [0.5, 0.5, 1, 0.6]], image.boxes.corners, rtol=1e-6
    )
    self.assertEqual([14, 11], image.boxes.labels.tolist())
    self.assertEqual([False, True], image.boxes.is_crowd.tolist())
    self.assertEqual((50, 100), image.size)

  def test_masks(self):
    self.assertEqual(
      [
        (
          os.path.join(self.root, 'JPEGImages', '2007_000027.jpg'),
          os.path.join(self.root, 'SegmentationClass', '2007_000027.png'),
        )
      ],
      voc.load_masks(self.folder, 'val'),
    )

  @parameterized.parameters('', 'VOCdevkit', 'VOCdevkit/VOC2012')
  def test_classes_of_labels_txt(self, inside):
    """In the folder that is named, without a background or with it first."""
    folder = os.path.join(self.folder, inside)
    for text in 'cat\ndog\nperson\n', 'background\ncat\ndog\nperson':
      image_files.write(folder, 'labels.txt', text.encode())
      self.assertEqual(('cat', 'dog', 'person'), voc.read_classes(folder).names)
      (image,) = voc.load_boxes(folder, 'val')
      self.assertEqual([2, 1], image.boxes.labels.tolist())
      self.assertLen(voc.load_masks(folder, 'val'), 1)

  def test_labels_txt_in_the_devkit(self):
    image_files.write(self.folder, 'VOCdevkit/labels.txt', b'dog\nperson')
    (image,) = voc.load_boxes(self.folder, 'val')
    self.assertEqual([1, 0], image.boxes.labels.tolist())
    image_files.write(self.folder, 'labels.txt', b'not read')
    self.assertEqual(('dog', 'person'), voc.read_classes(self.folder).names)

  @parameterized.parameters(
    (b'dog\ndog', "labels.txt: 2 classes are called 'dog'"),
    (b'dog\n\nperson', 'labels.txt line 2: blank'),
    (b'dog', r"object 1: unknown class 'person'; \S+/labels.txt has dog$"),
  )
  def test_wrong_labels_txt(self, text, message):
    image_files.write(self.folder, 'labels.txt', text)
    with self.assertRaisesRegex(InputError, message):
      voc.load_boxes(self.folder, 'val')

  def test_classes_that_are_not_vocs(self):
    """For masks as well, which would take them for VOC's by their numbers."""
    self.write(
      'Annotations/2007_000027.xml', _XML.replace('>dog<', '>green_circle<')
    )
    for load in voc.load_boxes, voc.load_masks:
      with self.assertRaisesRegex(
        InputError,
        r"2007_000027\.xml: object 2: unknown class 'green_circle'; voc has "
        r'these 20 classes: aeroplane, .*, tvmonitor; put a labels.txt with '
        rf'your own, one a line, into {self.folder}, or use yolo_folder, coco '
        'or mask_folder',
      ):
        load(self.folder, 'val')
    image_files.write(self.folder, 'labels.txt', b'person\ngreen_circle')
    self.assertLen(voc.load_masks(self.folder, 'val'), 1)

  def test_masks_alone_are_told_to_be_vocs(self):
    with contextlib.redirect_stderr(io.StringIO()) as told:
      voc.load_masks(self.folder, 'val')
      self.write('Annotations/2007_000027.xml', '<damaged')
      voc.load_masks(self.folder, 'val')
      self.assertEmpty(told.getvalue())
      os.remove(os.path.join(self.root, 'Annotations/2007_000027.xml'))
      voc.load_masks(self.folder, 'val')
    self.assertRegex(
      told.getvalue(), r'VOC2012: no labels\.txt, .* 20 of VOC\n$'
    )

  @parameterized.parameters(
    ('>dog<', '>unicorn<', "object 2: unknown class 'unicorn'"),
    ('<xmax>100<', '<xmax>101<', 'object 1: the box .* outside'),
    ('<ymax>50<', '<ymax>25<', 'object 2: the box .* has no area'),
    ('<xmin>11<', '<xmin>nan<', 'object 1: the box .* outside'),
    ('<xmin>11<', '<xmin>left<', 'not an annotation of VOC'),
    ('<width>100<', '<width>0<', 'not an annotation of VOC .*50 x 0'),
    ('<height>50</height>', '', 'not an annotation of VOC'),
    ('</annotation>', '', 'not an annotation of VOC'),
    ('<width>100</width>', '<width/>', 'not an annotation of VOC'),
    ('<xmin>11</xmin>', '<xmin/>', 'not an annotation of VOC'),
    (
      '<annotation>',
      '<?xml version="1.0" encoding="no-such"?><annotation>',
      'not an annotation of VOC .*unknown encoding',
    ),
  )
  def test_wrong_annotation(self, old, new, message):
    self.write('Annotations/2007_000027.xml', _XML.replace(old, new))
    with self.assertRaisesRegex(InputError, rf'2007_000027\.xml: {message}'):
      voc.load_boxes(self.folder, 'val')

  def test_missing(self):
    self.write('ImageSets/Main/train.txt', 'missing\n')
    with self.assertRaisesRegex(InputError, r'missing\.xml: No such file'):
      voc.load_boxes(self.folder, 'train')
    self.write('ImageSets/Main/train.txt', '\n')
    with self.assertRaisesRegex(InputError, 'no image is named'):
      voc.load_boxes(self.folder, 'train')
    image_files.write(self.root, 'ImageSets/Main/train.txt', b'caf\xe9\n')
    with self.assertRaisesRegex(InputError, r'train\.txt: not text in UTF-8'):
      voc.load_boxes(self.folder, 'train')
    with self.assertRaisesRegex(InputError, r'test\.txt: No such file'):
      voc.load_boxes(self.folder, 'test')
    os.makedirs(os.path.join(self.folder, 'VOCdevkit/VOC2007/ImageSets'))
    with self.assertRaisesRegex(InputError, 'several years'):
      voc.load_boxes(self.folder, 'val')
    with self.assertRaisesRegex(InputError, 'no ImageSets'):
      voc.load_boxes(os.path.join(self.root, 'Annotations'), 'val')


if __name__ == '__main__':
  absltest.main()
