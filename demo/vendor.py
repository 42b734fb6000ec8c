"""Fetch the page's runtime, LiteRT.js, into `demo/vendor`: `python demo/vendor.py` (needs npm).

The two packages are pinned by version and by the sha512 of their archives. Of four builds of the
runtime the page needs two, of which a browser takes one: with and without relaxed SIMD.
"""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

FOLDER = pathlib.Path(__file__).parent / "vendor"
PACKAGES = {
    "@litertjs/core@2.5.3": (
        "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ=="
    ),
    "@litertjs/wasm-utils@2.5.3": (
        "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ=="
    ),
}
BUILDS = ("litert_wasm_internal", "litert_wasm_compat_internal")


def main():
    if is_complete():
        return print(f"{FOLDER} is there")
    if not shutil.which("npm"):
        sys.exit("error: the page's runtime comes from the npm registry; install Node.js and npm")
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
        folder = pathlib.Path(folder)
        core, utils = (_package(name, sha512, folder) for name, sha512 in PACKAGES.items())
        new = folder / "vendor"
        new.mkdir()
        # The one bare import is made a relative one: the page needs no import map.
        index = (core / "dist/index.js").read_text().split("//# sourceMappingURL")[0]
        index = index.replace('"@litertjs/wasm-utils"', '"./wasm-utils.js"')
        (new / "litert.js").write_text(index)
        helper = (utils / "dist/index.js").read_text().split("//# sourceMappingURL")[0]
        (new / "wasm-utils.js").write_text(helper)
        for build in BUILDS:
            for ending in (".js", ".wasm"):
                shutil.copyfile(core / "wasm" / (build + ending), new / (build + ending))
        (new / "versions.txt").write_text(_versions())
        shutil.rmtree(FOLDER, ignore_errors=True)
        new.rename(FOLDER)
    print(f"{FOLDER} is made")


def is_complete():
    """Whether `demo/vendor` holds the pinned versions."""
    versions = FOLDER / "versions.txt"
    return versions.is_file() and versions.read_text() == _versions()


def _versions():
    return "".join(f"{name} sha512-{sha512}, Apache-2.0\n" for name, sha512 in PACKAGES.items())


def _package(name, sha512, folder):
    """Fetch and unpack a package; the folder of its files."""
    target = folder / hashlib.sha256(name.encode()).hexdigest()
    target.mkdir()
    command = ["npm", "pack", name, "--silent", "--pack-destination", str(target)]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True)
    archives = list(target.glob("*.tgz"))
    if done.returncode or not archives:
        sys.exit(f"error: npm cannot fetch {name}: {done.stderr.strip()[-300:]}")
    received = base64.b64encode(hashlib.sha512(archives[0].read_bytes()).digest()).decode()
    if received != sha512:
        sys.exit(f"error: {name} must have the sha512 {sha512}. Received: {received}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


if __name__ == "__main__":
    main()
