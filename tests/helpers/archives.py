"""Small archives of published data sets, in their original formats."""

import gzip
import io
import os
import struct
import tarfile

import numpy as np

CIFAR10_NAMES = (
  *('airplane', 'automobile', 'bird', 'cat', 'deer'),
  *('dog', 'frog', 'horse', 'ship', 'truck'),
)


def pixels(seed, *shape):
  """Returns random uint8 values of a shape."""
  return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def write_tar(path, members, mode='w'):
  """Writes {name: content, or a tarfile.TarInfo of no content} to a tar."""
  with tarfile.open(path, mode) as archive:
    for name, content in members.items():
      if isinstance(content, tarfile.TarInfo):
        archive.addfile(content)
        continue
      member = tarfile.TarInfo(name)
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
  return path


def tar_bytes(members):
  """Returns what write_tar would write."""
  file = io.BytesIO()
  with tarfile.open(fileobj=file, mode='w') as archive:
    for name, content in members.items():
      member = tarfile.TarInfo(name)
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
  return file.getvalue()


def _cifar_records(images, *labels):
  """Returns the records of images, label by label and plane by plane."""
  parts = []
  for index, image in enumerate(images):
    parts.append(bytes(int(one[index]) for one in labels))
    parts += [image[:, :, channel].tobytes() for channel in range(3)]
  return b''.join(parts)


def write_cifar10(folder, train, test):
  """train, test: (images uint8 [n, 32, 32, 3], labels); n of train is 5k."""
  top = 'cifar-10-batches-bin'
  batches = zip(np.split(train[0], 5), np.split(train[1], 5))
  members = {
    f'{top}/batches.meta.txt': '\n'.join([*CIFAR10_NAMES, '']).encode(),
    f'{top}/readme.html': b'',
    f'{top}/test_batch.bin': _cifar_records(*test),
    **{
      f'{top}/data_batch_{number}.bin': _cifar_records(*batch)
      for number, batch in enumerate(batches, 1)
    },
  }
  return write_tar(
    os.path.join(folder, 'cifar-10-binary.tar.gz'), members, 'w:gz'
  )


def write_cifar100(folder, train, test):
  """train, test: (images uint8 [n, 32, 32, 3], labels)."""
  top = 'cifar-100-binary'
  members = {
    f'{top}/coarse_label_names.txt': b'coarse\n' * 20,
    f'{top}/fine_label_names.txt': b''.join(
      f'fine_{label}\n'.encode() for label in range(100)
    ),
  }
  for name, (images, labels) in ('train', train), ('test', test):
    members[f'{top}/{name}.bin'] = _cifar_records(images, labels // 5, labels)
  return write_tar(
    os.path.join(folder, 'cifar-100-binary.tar.gz'), members, 'w:gz'
  )


def write_mnist(folder, train, test):
  """train, test: (images uint8 [n, height, width], labels)."""
  for stem, (images, labels) in ('train', train), ('t10k', test):
    for kind, values in ('images-idx3', images), ('labels-idx1', labels):
      header = struct.pack('>BBBB', 0, 0, 8, values.ndim)
      header += struct.pack(f'>{values.ndim}I', *values.shape)
      path = os.path.join(folder, f'{stem}-{kind}-ubyte.gz')
      with gzip.open(path, 'wb') as file:
        file.write(header + values.astype(np.uint8).tobytes())
