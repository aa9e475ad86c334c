"""The largest numbers that flags, and model.json, may ask for.

No honest use meets them. What is far above takes all memory, or overflows, long
after the program has begun.
"""

IMAGE_SIZE = 16_384  # pixels of height and width
BATCH_SIZE = 1_000_000  # images
DEPTH_MULTIPLIER = 10.0  # 100 times the weights; 2.0 was published
CHANNELS = 4096  # of min_depth and divisible_by
BACKGROUNDS = 1000  # classes for which labels_offset makes room
THREADS = 1024
SECONDS = 10**9  # 30 years, in milliseconds an int64
FLOAT = 3.4e38  # float32's largest, nearly: beyond it is infinity
INTEGER = 2**63 - 1  # int64's
