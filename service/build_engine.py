"""Builds llama.cpp's server for every kind of processor, from the source of the engine's wheel.

    python build_engine.py FOLDER

The wheel holds code for the least processor that it may meet; what is built here has that code once
for each generation of processors, and takes at start what the machine has. It leaves `llama-server`
and its libraries in FOLDER, and needs g++ and a quarter of an hour on two processors.

Other than the wheel it has no llguidance, which Rust would have to compile: JSON schemas become
grammars of llama.cpp's own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TOOLS: Final = "requirements-engine.txt"
PINNED: Final = re.compile(r"^xllamacpp==\S+", re.MULTILINE)
# Of the source distribution; the wheel is built from the same.
SOURCE: Final = "thirdparty/llama.cpp"
# GCC's intrinsic that loads AMX's configuration says that it reads 8 of the 64 bytes: the compiler
# drops the others as never read, and the first tile instruction ends the process as illegal (seen
# with GCC 12.2). So it must drop nothing as dead.
FLAGS: Final = "-fno-tree-dse -fno-dse"
OPTIONS: Final = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_C_FLAGS": FLAGS,
    "CMAKE_CXX_FLAGS": FLAGS,
    "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
    "CMAKE_INSTALL_RPATH": "$ORIGIN",
    "BUILD_SHARED_LIBS": "ON",
    "GGML_BACKEND_DL": "ON",
    "GGML_CPU_ALL_VARIANTS": "ON",
    "GGML_NATIVE": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAMA_BUILD_TESTS": "OFF",
    "LLAMA_BUILD_EXAMPLES": "OFF",
    "LLAMA_BUILD_UI": "OFF",
    "LLAMA_USE_PREBUILT_UI": "OFF",  # else the build fetches it
}
LIBRARY: Final = re.compile(r"lib[\w.-]+\.so(\.\d+)?")


def build(target: Path) -> None:
    """Raises CalledProcessError where a step fails, whose output has been shown."""
    with tempfile.TemporaryDirectory(prefix="engine-") as name:
        folder = Path(name)
        python = tools(folder / "tools")
        source = unpacked(fetched(python, folder), folder)
        built = compiled(source, folder / "build", python.parent)
        whole = target.with_name(target.name + ".new")
        shutil.rmtree(whole, ignore_errors=True)
        whole.mkdir(parents=True)
        for file in needed(built):
            shutil.copy(file, whole / file.name)  # of a link the file that it leads to
            run("strip", "--strip-unneeded", whole / file.name)
        shutil.rmtree(target, ignore_errors=True)
        whole.rename(target)  # so nobody finds a part of it


def tools(folder: Path) -> Path:
    """A Python with pip, with CMake and Ninja beside it."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--requirement", HERE / TOOLS)
    return python


def fetched(python: Path, folder: Path) -> Path:
    """The wheel's source distribution, of the version that the service is pinned to."""
    (pin,) = PINNED.findall((HERE / "requirements.txt").read_text())
    options = ("--no-deps", "--no-binary", "xllamacpp", "--dest", folder)
    # pip asks the package for its name and version, by the tools that it is built with.
    os.environ["PIP_CONSTRAINT"] = str(HERE / TOOLS)
    run(python, "-m", "pip", "download", "--quiet", *options, pin)
    (archive,) = folder.glob("xllamacpp-*.tar.gz")
    return archive


def unpacked(archive: Path, folder: Path) -> Path:
    run("tar", "-xzf", archive, "-C", folder)
    return folder / archive.name.removesuffix(".tar.gz") / SOURCE


def compiled(source: Path, folder: Path, tools: Path) -> Path:
    """Where the programs and libraries are."""
    options = [f"-D{name}={value}" for name, value in OPTIONS.items()]
    ninja = ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}")
    run(tools / "cmake", "-S", source, "-B", folder, *ninja, *options)
    run(tools / "cmake", "--build", folder, "--target", "llama-server")
    return folder / "bin"


def needed(folder: Path) -> Iterator[Path]:
    """The server, and each library by the name by which it is loaded: with its version's first
    number, where it has one."""
    yield folder / "llama-server"
    for file in sorted(folder.iterdir()):
        for_linking = file.name.endswith(".so") and file.is_symlink()
        if LIBRARY.fullmatch(file.name) and not for_linking:
            yield file


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        print("Name the one folder to put it in: build_engine.py FOLDER", file=sys.stderr)
        return 2
    for tool in ("g++", "strip", "tar"):
        if shutil.which(tool) is None:
            print(f"{tool} is missing; on Debian and Ubuntu: apt install g++ tar", file=sys.stderr)
            return 1
    os.umask(0o022)
    try:
        build(Path(arguments[0]))
    except subprocess.CalledProcessError as failed:
        print(f"The engine could not be built: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
