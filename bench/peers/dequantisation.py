"""Makes a Hugging Face folder of a GGUF file: `python dequantisation.py FILE FOLDER`.

Runs in the environment of the peer that needs it, where transformers is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def main(file: Path, folder: Path) -> None:
    source = {"gguf_file": file.name, "local_files_only": True}
    AutoTokenizer.from_pretrained(file.parent, **source).save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.bfloat16, **source)
    # The weights are plain by now; while it has these it takes itself for a GGUF and saves nothing.
    model.hf_quantizer = None
    del model.config.quantization_config
    model.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
