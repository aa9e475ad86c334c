"""Files that a data set is published in: found on disk, or downloaded."""

from collections.abc import Sequence
import hashlib
import http.client
import os
from typing import NamedTuple
import urllib.error
import urllib.request

import tqdm

from base import files
from base.errors import InputError

_CHUNK = 1 << 20  # bytes
_TIMEOUT = 30  # seconds without an answer
_RANGE_IGNORED = 200
_NOTHING_LEFT = 416  # "Range Not Satisfiable"


class PublishedFile(NamedTuple):
  """A file as its authors offer it."""

  name: str
  url: str
  md5: str | None = None  # where they publish it


def fetch(
  published: Sequence[PublishedFile], folder: str, check_md5: bool = True
) -> None:
  """Downloads what a folder lacks, and checks all of it.

  A download that was interrupted goes on where it ended, from NAME.part.

  Args:
    folder: made where it does not exist.
    check_md5: whether to compare with what the authors publish.
  Raises:
    InputError: a file cannot be downloaded, or is not the published one.
  """
  missing = [
    file
    for file in published
    if not os.path.isfile(os.path.join(folder, file.name))
  ]
  if missing:
    files.make_folder(folder, 'source_dir')
  for file in missing:
    path = os.path.join(folder, file.name)
    print(f'Downloading {file.url} to {folder}', flush=True)
    try:
      _download(file.url, path + '.part')
    except (OSError, http.client.HTTPException) as error:
      raise InputError(_put_there(missing, folder, file, error)) from error
    if check_md5:
      check(file, path + '.part', is_download=True)
    os.replace(path + '.part', path)
  if check_md5:
    for file in published:
      if file not in missing:
        check(file, os.path.join(folder, file.name))


def check(file: PublishedFile, path: str, is_download: bool = False) -> None:
  """Raises InputError if a file is unreadable, or not the published one.

  Where no MD5 is published, any file will do.

  Args:
    is_download: whether it has just been downloaded: then it is removed.
  """
  if file.md5 is None:
    return
  try:
    with open(path, 'rb') as opened:
      found = hashlib.file_digest(opened, 'md5').hexdigest()
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  if found == file.md5:
    return
  remedy = 'is damaged, or another file: see --check_md5'
  if is_download:
    os.remove(path)
    remedy = 'was removed: run this again'
  raise InputError(
    f'{path}: its MD5 is {found}, not {file.md5} as published for {file.name}; '
    f'it {remedy}'
  )


def _put_there(missing, folder, file, error):
  """Returns the message when a download failed."""
  names = ', '.join(one.name for one in missing)
  urls = {one.url.rsplit('/', 1)[0] + '/' for one in missing}
  reason = getattr(error, 'reason', None) or error
  reason = getattr(reason, 'strerror', None) or reason
  return (
    f'{file.url} cannot be downloaded ({reason}); run this again, or put '
    f'{names} from {", ".join(sorted(urls))} into {folder}'
  )


def _download(url, partial):
  """Completes the file `partial`; raises OSError, HTTPException."""
  begun = os.path.getsize(partial) if os.path.exists(partial) else 0
  try:
    response = _open(url, begun)
  except urllib.error.HTTPError as error:
    if error.code != _NOTHING_LEFT or not begun:
      raise
    os.remove(partial)  # Is as long as the file, or longer: of no known end.
    return _download(url, partial)
  with response:
    if response.status == _RANGE_IGNORED:
      begun = 0
    length = response.headers.get('Content-Length')
    total = begun + int(length) if length else None
    _copy(response, partial, begun, total)
  if total not in (None, os.path.getsize(partial)):
    raise OSError(
      f'the connection ended after {os.path.getsize(partial)} of {total} bytes'
    )


def _open(url, begun):
  headers = {'User-Agent': 'twinslim'}
  if begun:
    headers['Range'] = f'bytes={begun}-'
  request = urllib.request.Request(url, headers=headers)
  return urllib.request.urlopen(request, timeout=_TIMEOUT)


def _copy(response, partial, begun, total):
  with (
    open(partial, 'ab' if begun else 'wb') as file,
    tqdm.tqdm(
      initial=begun,
      total=total,
      unit='B',
      unit_scale=True,
      desc=os.path.basename(partial).removesuffix('.part'),
      disable=None,
    ) as progress,
  ):
    while chunk := response.read(_CHUNK):
      file.write(chunk)
      progress.update(len(chunk))
