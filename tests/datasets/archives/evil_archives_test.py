"""Archives made to do harm, or cut: nothing leaves them, runs, or is missed."""

import gzip
import io
import os
import pickle
import random
import tarfile
import tempfile
import tracemalloc

from absl.testing import absltest
from absl.testing import parameterized

from base.errors import InputError
from datasets.archives import cifar
from datasets.archives import imagenet
from datasets.archives import tar_files
from tests.helpers import archives

_CONTENT = {f'top/{name}.jpg': name.encode() * 300 for name in 'abc'}


class _Runs:
  """Makes a file where it is unpickled."""

  def __init__(self, path):
    self.path = path

  def __reduce__(self):
    return open, (self.path, 'w')


def _header(name, size=0, kind=tarfile.REGTYPE, pax=None):
  member = tarfile.TarInfo(name)
  member.size, member.type = size, kind
  if pax is None:
    return member.tobuf(tarfile.GNU_FORMAT)
  member.pax_headers = pax
  return member.tobuf(tarfile.PAX_FORMAT)


class EvilArchivesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    outside = self.enter_context(tempfile.TemporaryDirectory())
    self.folder = os.path.join(outside, 'inside')
    os.mkdir(self.folder)
    self.path = os.path.join(self.folder, 'a.tar')
    self.marker = os.path.join(self.folder, 'marker')

  def write(self, content):
    with open(self.path, 'wb') as file:
      file.write(content)

  def read(self):
    return tar_files.read_members(self.path, lambda name: True)

  def readers(self):
    return self.read, lambda: tar_files.find_parts(self.path)

  def check_refused(self, message=''):
    for read in self.readers():
      with self.assertRaisesRegex(
        InputError, rf'^{self.path}: .*no whole tar archive \(.*{message}'
      ):
        read()

  def test_no_path_leads_outside(self):
    names = ('../x', '/x', 'a/../../x', './../x', '..', 'a/../..', '//x')
    links = []
    for kind in tarfile.SYMTYPE, tarfile.LNKTYPE:
      link = tarfile.TarInfo(f'link{kind}')
      link.type, link.linkname = kind, '/etc/passwd'
      links.append(link)
    others = []
    for kind in tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE:
      others.append(tarfile.TarInfo(f'other{kind}'))
      others[-1].type = kind
    archives.write_tar(
      self.path,
      {
        **dict.fromkeys(names, b'x'),
        **{one.name: one for one in links + others},
        **_CONTENT,
      },
    )
    self.assertEqual(_CONTENT, self.read())
    self.assertEqual(['a.tar'], os.listdir(self.folder))
    self.assertFalse(os.path.exists(os.path.join(self.folder, '..', 'x')))

  def test_cut_anywhere(self):
    """tarfile takes a cut between two files for the end."""
    whole = archives.tar_bytes(_CONTENT)
    end = whole.rindex(b'c') // 512 * 512 + 512  # of the last file
    for size in [*range(0, end + 1, 256), end - 1]:
      self.write(whole[:size])
      self.check_refused()
    for size in range(0, end + 1, 512):
      self.write(gzip.compress(whole[:size]))
      with self.assertRaisesRegex(InputError, 'no whole tar archive'):
        self.read()
    self.write(whole[: end + 512])
    self.assertEqual(_CONTENT, self.read())

  def test_a_damaged_header_is_not_the_end(self):
    whole = archives.tar_bytes(_CONTENT)
    second = whole.index(b'top/b.jpg')
    # Not in the checksum itself, whose last bytes do not count.
    for place in random.Random(0).sample([*range(148), *range(156, 500)], 40):
      content = bytearray(whole)
      content[second + place] ^= 0x55
      self.write(content)
      self.check_refused('where a file should begin')

  @parameterized.parameters(
    _header('x', -512),
    _header('x', 9, pax={'size': '-100000'}),
    _header('x', 9, b'Z', pax={'size': '-100000'}),
    _header('x', 10**9, tarfile.GNUTYPE_LONGNAME),
    _header('x', 10**9, tarfile.XHDTYPE),
    _header('x', 9, pax={'path': 'x' * 20_000}),
    _header('x', 9, pax={'GNU.sparse.map': 'a,b'}),
    _header('x', 9, pax={'GNU.sparse.major': '1', 'GNU.sparse.minor': '0'}),
    _header('x', 9, pax={'size': 'many'}),
    _header('x', 40, tarfile.XHDTYPE) * 2000,
  )
  def test_headers_that_lie(self, header):
    """Which tarfile believes: without end, into memory, or as a traceback."""
    tracemalloc.start()
    self.addCleanup(tracemalloc.stop)
    self.write(header + b'x'.ljust(512, b'\0') + bytes(1024))
    for read in self.readers():
      with self.assertRaisesRegex(InputError, f'^{self.path}: '):
        read()
    self.assertLess(tracemalloc.get_traced_memory()[1], 20_000_000)

  def test_mutated(self):
    """An archive of all kinds of headers, and an InputError or a result."""
    whole = archives.tar_bytes({**_CONTENT, 'y' * 200: b'y'})
    pax = io.BytesIO()
    with tarfile.open(fileobj=pax, mode='w', format=tarfile.PAX_FORMAT) as tar:
      member = tarfile.TarInfo('ü' * 150)
      member.size = 3
      tar.addfile(member, io.BytesIO(b'abc'))
    whole = pax.getvalue()[:2048] + whole
    numbers = random.Random(0)
    for _ in range(300):
      content = bytearray(whole)
      for _ in range(numbers.randrange(1, 9)):
        content[numbers.randrange(len(content))] = numbers.randrange(256)
      self.write(content)
      for read in self.readers():
        try:
          read()
        except InputError as error:
          self.assertNotIn('\n', str(error))

  def test_pickles_are_bytes(self):
    """CIFAR's version for Python is pickles, under the same names."""
    evil = pickle.dumps(_Runs(self.marker))
    names = ['batches.meta.txt', 'test_batch.bin']
    names += [f'data_batch_{number}.bin' for number in range(1, 6)]
    archives.write_tar(
      os.path.join(self.folder, cifar.CIFAR10.name),
      {f'a/{name}': evil for name in names},
      'w:gz',
    )
    with self.assertRaisesRegex(InputError, 'no whole number of records'):
      cifar.read_cifar10(self.folder)
    archives.write_tar(
      os.path.join(self.folder, 'ILSVRC2012_devkit_t12.tar.gz'),
      {
        'kit/data/meta.mat': evil,
        'kit/data/ILSVRC2012_validation_ground_truth.txt': b'1',
      },
      'w:gz',
    )
    with self.assertRaisesRegex(InputError, "not ILSVRC2012's development kit"):
      imagenet.read(self.folder, check_md5=False)
    self.assertFalse(os.path.exists(self.marker))
    pickle.loads(evil).close()
    self.assertTrue(os.path.exists(self.marker))


if __name__ == '__main__':
  absltest.main()
