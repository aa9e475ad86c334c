"""Bugs of finding damaged data, for planted_bugs to plant."""

_RECORDS = ('tests/datasets/damaged_records_test.py',)
_SHARDS = ('tests/datasets/shard_files_test.py',)
_FOLDERS = ('tests/datasets/hostile_folders_test.py',)
_ARCHIVES = ('tests/datasets/archives/evil_archives_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'damage: checksums of the data are not compared',
    'datasets/tfrecord.py',
    'if not _is_intact(data,',
    'if not data and not _is_intact(data,',
    _RECORDS,
  ),
  (
    'damage: checksums of the lengths are not compared',
    'datasets/tfrecord.py',
    'elif not _is_intact(header[:_LENGTH_SIZE], header[_LENGTH_SIZE:]):',
    'elif not header:',
    _RECORDS,
  ),
  (
    'damage: a file cut between two records',
    'datasets/shard_files.py',
    'if count != expected:',
    'if count > expected:',
    _RECORDS,
  ),
  (
    'damage: a missing shard is accepted',
    'datasets/shard_files.py',
    'if not num_missing:',
    'if num_missing >= 0:',
    _SHARDS,
  ),
  (
    'damage: a link that leads nowhere is no shard',
    'datasets/tfrecord.py',
    'if os.path.isfile(path) or not os.path.exists(path)',
    'if os.path.isfile(path)',
    _SHARDS,
  ),
  (
    'damage: a bomb is decoded',
    'datasets/images.py',
    'if width * height > max_pixels:',
    'if width * height > 9 * max_pixels:',
    ('tests/datasets/damaged_images_test.py',),
  ),
  (
    'damage: a link that leads nowhere is no image',
    'datasets/image_folder.py',
    'entry.is_file(follow_symlinks=False) or not is_special(entry.path)',
    'os.path.isfile(entry.path)',
    _FOLDERS,
  ),
  (
    'damage: a name on two lines of labels.txt',
    'datasets/labels.py',
    'if name.splitlines() != [name] or',
    'if',
    _FOLDERS,
  ),
  (
    'damage: an archive cut between two files',
    'datasets/archives/tar_files.py',
    "raise tarfile.ReadError(f'{error}, where a file should begin') from error",
    'raise',
    _ARCHIVES,
  ),
  (
    'damage: a file called .. in an archive',
    'datasets/archives/tar_files.py',
    "not in ('', '..')",
    "not in ('',)",
    _ARCHIVES,
  ),
)
