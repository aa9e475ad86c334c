"""The files of a report, and its page as a browser reads it."""

import base64
import csv
from html import parser
import io
import os
import tempfile

import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from reports import evaluation_report
from tasks.details import Bars
from tasks.details import Details
from tasks.details import Matrix
from tasks.details import Section
from tasks.details import Table
from tests.helpers import event_files

_NAME = '<b>a & "b"</b>'  # of a class
_ABOUT = {'network': 'net', 'data set': 'set', 'step': 7, 'folder': None}
_DETAILS = Details(
  {'Accuracy': 0.5},
  [
    Section(
      'classes',
      'Classes',
      'Of each.',
      Bars([_NAME, 'c, d'], [0.25, 1.0], 'recall'),
      Table(('class', 'recall', 'images'), [(_NAME, 0.25, 4), ('c', None, 0)]),
    ),
    Section(
      'confusion',
      'Confusion',
      '',
      Matrix([_NAME, 'c'], np.array([[1, 2], [3, 4]])),
    ),
    Section('empty', 'Nothing', 'None.', table=Table(('a',), [])),
  ],
  'The worst.',
)
_WORST = [(np.full([20, 30, 3], 90, np.uint8), f'{_NAME} is wrong')]


class _Page(parser.HTMLParser):
  """Collects tags, texts and where pictures come from."""

  def __init__(self, text):
    super().__init__()
    self.tags, self.texts, self.sources = [], [], []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    self.tags.append(tag)
    self.sources += [
      value for name, value in attrs if name in ('src', 'href', 'srcset')
    ]

  def handle_data(self, data):
    self.texts.append(data.strip())


class ReportTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.enterContext(tempfile.TemporaryDirectory())
    evaluation_report.write(self.folder, 7, _ABOUT, _DETAILS, _WORST)

  def read(self, name):
    with open(os.path.join(self.folder, name), encoding='utf-8') as file:
      return file.read()

  def test_files(self):
    names = {name for name in os.listdir(self.folder) if 'events' not in name}
    self.assertEqual(
      {
        *('report.html', 'worst.png', 'classes.png', 'classes.csv'),
        *('confusion.png', 'confusion.csv', 'empty.csv'),
      },
      names,
    )

  def test_tables(self):
    self.assertEqual(
      [['class', 'recall', 'images'], [_NAME, '0.25', '4'], ['c', '', '0']],
      list(csv.reader(io.StringIO(self.read('classes.csv')))),
    )
    self.assertEqual(
      [['true / predicted', _NAME, 'c'], [_NAME, '1', '2'], ['c', '3', '4']],
      list(csv.reader(io.StringIO(self.read('confusion.csv')))),
    )

  def test_page_needs_no_other_file(self):
    page = _Page(self.read('report.html'))
    self.assertLen(page.sources, 3)
    for source in page.sources:
      kind, encoded = source.split(';base64,')
      self.assertIn(kind, ('data:image/png', 'data:image/jpeg'))
      Image.open(io.BytesIO(base64.b64decode(encoded, validate=True))).load()
    self.assertContainsSubset(['meta', 'table', 'figure'], page.tags)
    for tag in ('script', 'link', 'iframe', 'b' * 2):
      self.assertNotIn(tag, page.tags)
    text = self.read('report.html')
    for wanted in ('width=device-width', 'prefers-color-scheme: dark'):
      self.assertIn(wanted, text)
    for other in ('http', 'url(', '@import'):
      self.assertNotIn(other, text)

  def test_page_escapes_names(self):
    page = _Page(self.read('report.html'))
    self.assertIn(_NAME, page.texts)
    self.assertIn(f'{_NAME} is wrong', page.texts)
    self.assertNotIn(_NAME, self.read('report.html'))

  def test_page_shows_figures(self):
    page = _Page(self.read('report.html'))
    self.assertContainsSubset(
      ['net on set', 'step', '7', '0.500', 'Accuracy', '0.250', '4', '–'],
      page.texts,
    )
    self.assertNotIn('folder', page.texts)
    self.assertContainsSubset(['Classes', 'Nothing', 'The worst.'], page.texts)

  def test_tensorboard_has_the_charts(self):
    logged = event_files.pictures(self.folder)
    self.assertEqual({'report/classes', 'report/confusion'}, set(logged))
    for tag, by_step in logged.items():
      path = os.path.join(self.folder, f'{tag.split("/")[1]}.png')
      self.assertAllEqual(Image.open(path).convert('RGB'), by_step[7])

  def test_the_same_page_again(self):
    before = self.read('report.html')
    evaluation_report.write(self.folder, 7, _ABOUT, _DETAILS, _WORST)
    self.assertEqual(before, self.read('report.html'))

  def test_nothing_is_wrong(self):
    folder = self.enterContext(tempfile.TemporaryDirectory())
    evaluation_report.write(folder, 7, _ABOUT, _DETAILS, [])
    self.assertNotIn('worst.png', os.listdir(folder))
    with open(os.path.join(folder, 'report.html'), encoding='utf-8') as file:
      self.assertNotIn('The worst', file.read())

  def test_a_folder_that_is_not_there(self):
    with self.assertRaisesRegex(InputError, 'no/classes.csv cannot be written'):
      evaluation_report.write('/no', 7, _ABOUT, _DETAILS, _WORST)


if __name__ == '__main__':
  tf.test.main()
