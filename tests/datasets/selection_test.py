"""Classes, numbers of images and held-out parts that a user asks for."""

import collections

from absl.testing import absltest
from absl.testing import parameterized
import numpy as np

from base.errors import InputError
from datasets import selection
from datasets.image_set import ImageSet
from datasets.image_set import LabelledImages
from datasets.selection import Selection

_NAMES = ('ant', 'bee', 'cat')


def _split(labels, name):
  """Returns images that say which they are."""
  return LabelledImages(
    np.array(labels, np.int64), lambda i: (f'{name} {i} {labels[i]}', name)
  )


def _images(num_held_out=0, **splits):
  return ImageSet(
    _NAMES,
    tuple(f'the {name}' for name in _NAMES),
    {name: _split(labels, name) for name, labels in splits.items()},
    num_held_out,
  )


def _read(split):
  """Returns [(what an image says it is, its label)]."""
  return [
    (split.read(index)[0], int(label))
    for index, label in enumerate(split.labels)
  ]


class SelectionTest(parameterized.TestCase):
  def test_all_is_mixed_and_complete(self):
    labels = [0] * 10 + [1] * 10 + [2] * 10
    images = selection.select(_images(train=labels), Selection())
    read = _read(images.splits['train'])
    self.assertCountEqual(
      [(f'train {i} {label}', label) for i, label in enumerate(labels)], read
    )
    self.assertNotEqual(labels, [label for _, label in read])
    again = selection.select(_images(train=labels), Selection())
    self.assertEqual(read, _read(again.splits['train']))
    other = selection.select(_images(train=labels), Selection(seed=1))
    self.assertNotEqual(read, _read(other.splits['train']))

  def test_classes_in_the_order_of_the_list(self):
    images = selection.select(
      _images(train=[0, 1, 2, 2, 0], test=[1, 0]), Selection(('cat', 'ant'))
    )
    self.assertEqual(
      (('cat', 'ant'), ('the cat', 'the ant')),
      (images.class_names, images.label_names),
    )
    self.assertCountEqual(
      [('train 0 0', 1), ('train 2 2', 0), ('train 3 2', 0), ('train 4 0', 1)],
      _read(images.splits['train']),
    )
    self.assertEqual([('test 1 0', 1)], _read(images.splits['test']))

  @parameterized.parameters(
    (Selection(('cat', 'dog')), "no 'dog'; there is ant, bee, cat"),
    (Selection(('cat', 'cat')), 'one of them is there twice'),
    (Selection(stratified=True), 'stratified: set validation_fraction'),
    (Selection(validation_fraction=0.1), '0 of 4 images cannot be held out'),
    (Selection(validation_fraction=1), '4 of 4 images cannot be held out'),
    (
      Selection(validation_fraction=0.5, stratified=True),
      '2 of 4 images, the same part of each class, cannot be held out: ',
    ),
  )
  def test_cannot_be_selected(self, chosen, message):
    with self.assertRaisesRegex(InputError, message):
      selection.select(_images(train=[0, 0, 1, 2]), chosen)

  def test_held_out_already(self):
    for name in 'validation', 'val':
      images = _images(**{'train': [0, 1, 2], name: [0]})
      with self.assertRaisesRegex(
        InputError, f'the splits are train, {name} already; leave out'
      ):
        selection.select(images, Selection(validation_fraction=0.5))
      # Nor does it ask for a fraction first.
      with self.assertRaisesRegex(InputError, 'already; leave out'):
        selection.select(images, Selection(stratified=True))

  def test_most_per_class(self):
    labels = [0] * 50 + [1] * 3 + [2] * 20
    images = selection.select(
      _images(train=labels, test=labels[:52]), Selection(max_images_per_class=5)
    )
    for split_name, counts in ('train', [5, 3, 5]), ('test', [5, 2]):
      split = images.splits[split_name]
      self.assertEqual(counts, np.bincount(split.labels).tolist())
      said = [text.split() for text, _ in _read(split)]
      self.assertEqual(
        split.labels.tolist(), [int(label) for *_, label in said]
      )
      self.assertLen({number for _, number, _ in said}, sum(counts))
      # Not those that come first.
      self.assertNotEqual(
        set(range(5)), {int(i) for _, i, label in said if label == '0'}
      )

  def test_held_out(self):
    labels = np.random.RandomState(0).choice(3, 200, p=[0.7, 0.2, 0.1]).tolist()
    counts = collections.Counter(labels)
    for stratified in False, True:
      images = selection.select(
        _images(train=labels, test=[0]),
        Selection(validation_fraction=0.25, stratified=stratified),
      )
      self.assertEqual(['train', 'validation', 'test'], list(images.splits))
      train, held = (
        _read(images.splits[name]) for name in ('train', 'validation')
      )
      self.assertLen(held, 50)
      self.assertCountEqual(
        [(f'train {i} {label}', label) for i, label in enumerate(labels)],
        train + held,
      )
      off = [
        abs(count - counts[label] * 0.25)
        for label, count in collections.Counter(
          label for _, label in held
        ).items()
      ]
      self.assertEqual(stratified, max(off) < 1)

  def test_number_held_out(self):
    images = selection.select(_images(7, train=[0, 1, 2] * 5), Selection())
    self.assertLen(images.splits['validation'].labels, 7)

  def test_background(self):
    images = selection.add_background(_images(train=[0, 2, 1]))
    self.assertEqual([1, 3, 2], images.splits['train'].labels.tolist())
    self.assertEqual(('background', 'the ant'), images.label_names[:2])

  def test_all_classes(self):
    selection.check_all_classes(_images(train=[2, 0, 1], test=[]))
    with self.assertRaisesRegex(
      InputError, 'train has no images of 2 of its 3 classes: ant, cat'
    ):
      selection.check_all_classes(_images(train=[1], test=[0, 1, 2]))


if __name__ == '__main__':
  absltest.main()
