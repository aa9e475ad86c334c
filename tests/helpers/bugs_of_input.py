"""Bugs of shrunk images, and of images opened ahead, to plant."""

_SHRINKING = ('tests/datasets/shrinking_test.py',)
_SHRUNK = (*_SHRINKING, '-k', 'ShrunkImage')
_CONVERT = ('tests/programs/convert_test.py', '-k', 'shrunk')
_PREDICTOR = ('tests/prediction/predictor_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'shrunk images: the longer side decides',
    'datasets/shrinking.py',
    'side = min(height, width)',
    'side = max(height, width)',
    (*_SHRINKING, '-k', 'Ratio'),
  ),
  (
    'shrunk images: as small as the network takes',
    'datasets/shrinking.py',
    'return -(-image_size * _PHOTOGRAPH // _NETWORK)',
    'return image_size',
    (*_SHRINKING, '-k', 'Ratio'),
  ),
  (
    'shrunk images: a window is cut out of the whole',
    'datasets/jpegs.py',
    '    ratio=ratio,\n',
    '',
    _SHRUNK,
  ),
  (
    'shrunk images: a window without the column beside it',
    'datasets/jpegs.py',
    'start, stop = max(left - 1, 0), min(left + width + 1, image_width)',
    'start, stop = left, left + width',
    ('tests/datasets/images_test.py', '-k', 'Window'),
  ),
  (
    'shrunk images: others than JPEGs stay as they are',
    'datasets/images.py',
    'return rgb.reduce(ratio) if ratio > 1 and rgb.size == size else rgb',
    'return rgb',
    _SHRUNK,
  ),
  (
    'shrunk images: JPEGs are shrunk twice',
    'datasets/images.py',
    'if ratio > 1 and rgb.size == size else',
    'if ratio > 1 else',
    _SHRUNK,
  ),
  (
    'shrunk images: what is in memory is not',
    'datasets/catalog.py',
    'choose_window, smallest_side)',
    'choose_window, choose_window and smallest_side)',
    (*_SHRINKING, '-k', 'Batches'),
  ),
  (
    'shrunk images: a report has the sizes after it',
    'datasets/example.py',
    'size=images.read_size(encoded.encoded, encoded.name)',
    'size=example.image.shape[:2]',
    ('tests/datasets/sized_labels_test.py',),
  ),
  (
    'shrunk images: a run of before goes on with them, and nothing is said',
    'checkpoints/run_info.py',
    "    info.setdefault('shrink_images', False)",
    '    pass',
    ('tests/checkpoints/run_info_test.py',),
  ),
  (
    'shrunk images: a run goes on with them, however it began',
    'training/beginning.py',
    "run_info.read_run_info(folder).get('shrink_images')",
    'None',
    ('tests/training/computation_test.py',),
  ),
  (
    'convert: images are shrunk without antialiasing',
    'datasets/shrinking.py',
    'Image.Resampling.LANCZOS',
    'Image.Resampling.NEAREST',
    _CONVERT,
  ),
  (
    'convert: small images are enlarged',
    'datasets/record_writer.py',
    'if longest_side and max(height, width) > longest_side:',
    'if longest_side:',
    _CONVERT,
  ),
  (
    'predictor: images are opened when their batch is due',
    'prediction/predictor.py',
    'batch, following = following, open_from(start + size)',
    'batch = open_from(start)',
    _PREDICTOR,
  ),
  (
    'predictor: those who leave wait for all images',
    'prediction/predictor.py',
    'pool.shutdown(cancel_futures=True)',
    'pool.shutdown()',
    _PREDICTOR,
  ),
  (
    'predictor: the threads stay',
    'prediction/predictor.py',
    '    pool.shutdown(cancel_futures=True)\n',
    '    del pool\n',
    _PREDICTOR,
  ),
  (
    'nets_factory: tf-slim is imported for the fast networks, too',
    'nets/nets_factory.py',
    'from specs import networks\n',
    'import tf_slim as slim\nfrom specs import networks\n',
    ('tests/nets/nets_factory_test.py', '-k', 'imports'),
  ),
)
