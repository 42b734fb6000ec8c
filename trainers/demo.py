"""The browser page from this checkout: `python -m trainers.demo`. Photos stay in the browser."""

import functools
import http.server
import pathlib
import webbrowser

from absl import flags

from salnet_tf import command_line
from salnet_tf.models import presets

_PORT = flags.DEFINE_integer(
    "port", 8000, "Port on this machine (127.0.0.1); 0 takes a free one.", 0, 65535
)
_OPEN = flags.DEFINE_bool("open", True, "Open the page in the browser.")

PAGE = pathlib.Path(__file__).parents[1] / "demo"
# Browsers run modules and WebAssembly only under these types, which some systems do not know.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".tflite": "application/octet-stream",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves `demo/` under `prefix`, with the shipped weights in its folder `weights/`."""

    extensions_map = _TYPES | {"": "application/octet-stream"}
    protocol_version = "HTTP/1.1"

    def __init__(self, *args, prefix="/", **kwargs):
        self._prefix = prefix
        super().__init__(*args, directory=str(PAGE), **kwargs)

    def translate_path(self, path):
        if not path.startswith(self._prefix):
            return str(PAGE / "no such file")
        path = path[len(self._prefix) - 1 :]
        if path.startswith("/weights/"):
            self.directory, path = presets.WEIGHTS_DIR, path.removeprefix("/weights")
        else:
            self.directory = str(PAGE)
        return super().translate_path(path)

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")  # ask whether a file has changed
        super().end_headers()

    def log_message(self, *_):
        pass


def server(port=0, prefix="/"):
    """A server of the page on this machine; `serve_forever()` runs it.

    Raises:
        ValueError: the page's runtime has not been fetched.
        OSError: the port is taken.
    """
    if not (PAGE / "vendor" / "litert.js").is_file():
        raise ValueError("The page's runtime is not there yet; `make demo-page` fetches it.")
    handler = functools.partial(Handler, prefix=prefix)
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def main(_):
    with server(_PORT.value) as page:
        url = f"http://localhost:{page.server_port}/"
        print(f"{url} (Ctrl-C ends)", flush=True)
        if _OPEN.value:
            webbrowser.open(url)
        page.serve_forever()


if __name__ == "__main__":
    command_line.run(main, needs_tensorflow=False)
