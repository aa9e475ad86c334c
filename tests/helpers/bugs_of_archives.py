"""Bugs of reading archives, for planted_bugs to plant."""

_ARCHIVES = 'tests/datasets/archives/'
_TAR = (f'{_ARCHIVES}tar_files_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'archives: colours of CIFAR next to each other',
    'datasets/archives/cifar.py',
    'reshape(-1, 3, _SIDE, _SIDE)',
    'reshape(-1, _SIDE, _SIDE, 3).transpose(0, 3, 1, 2)',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    'archives: coarse labels of CIFAR-100',
    'datasets/archives/cifar.py',
    'records[:, num_labels - 1]',
    'records[:, 0]',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    'archives: a name that leads out of the archive',
    'datasets/archives/tar_files.py',
    "is_inside = name.split('/')[0] not in ('', '..')",
    'is_inside = True',
    (f'{_ARCHIVES}flowers_test.py',),
  ),
  (
    'archives: a download begun again after what is there',
    'datasets/archives/downloads.py',
    'if response.status == _RANGE_IGNORED:',
    'if response.status == 0:',
    (f'{_ARCHIVES}downloads_test.py',),
  ),
  (
    'archives: half a download taken for all',
    'datasets/archives/downloads.py',
    'if total not in (None, os.path.getsize(partial)):',
    'if total == 0:',
    (f'{_ARCHIVES}downloads_test.py',),
  ),
  (
    "archives: gzip's checksum is not read",
    'datasets/archives/tar_files.py',
    'while archive.fileobj.read(_CHUNK):',
    'while not archive:',
    (f'{_ARCHIVES}cifar_test.py',),
  ),
  (
    "archives: the kit's numbers taken for labels",
    'datasets/archives/imagenet.py',
    '[numbered[int(number)][0] for number in truth]',
    '[sorted(dict(numbered.values()))[int(number) - 1] for number in truth]',
    (f'{_ARCHIVES}imagenet_test.py',),
  ),
  (
    'archives: the last member alone is held against the limit',
    'datasets/archives/tar_files.py',
    'size += member.size',
    'size = member.size',
    _TAR,
  ),
  (
    'archives: a damaged xz is a traceback',
    'datasets/archives/tar_files.py',
    ', zlib.error, lzma.LZMAError)',
    ', zlib.error)',
    _TAR,
  ),
  (
    'archives: all that an IDX file becomes is read',
    'datasets/archives/mnist.py',
    'file.read(min(size, _MOST_BYTES) + 1)',
    'file.read()',
    (f'{_ARCHIVES}mnist_test.py',),
  ),
)
