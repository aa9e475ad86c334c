"""A web server of some bytes, in this process, that can break off."""

import contextlib
from http import server
import re
import threading


@contextlib.contextmanager
def serve(content, breaks_after=None, has_ranges=True):
  """Yields (URL, [Range header or None of each request]).

  breaks_after: the first answer ends after so many bytes.
  """
  ranges = []

  class Handler(server.BaseHTTPRequestHandler):
    def do_GET(self):
      asked = self.headers.get('Range')
      ranges.append(asked)
      begin = int(re.fullmatch(r'bytes=(\d+)-', asked)[1]) if asked else 0
      if not has_ranges:
        begin = 0
      if begin and begin >= len(content):
        self.send_error(416)
        return
      body = content[begin:]
      self.send_response(206 if begin else 200)
      self.send_header('Content-Length', str(len(body)))
      self.end_headers()
      is_first = len(ranges) == 1
      self.wfile.write(body[: breaks_after if is_first else None])

    def log_message(self, *arguments):
      pass

  with server.HTTPServer(('127.0.0.1', 0), Handler) as httpd:
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
      yield f'http://127.0.0.1:{httpd.server_port}/', ranges
    finally:
      httpd.shutdown()
      thread.join()
