"""The engine's process where it is a `llama-server` that was built for the machine's processor.

Run as `python -m service.engine.program`, with the id of the process to end with and
EngineParameters as JSON; it becomes that program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from service.engine.parameters import EngineParameters

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1


def arguments(parameters: EngineParameters) -> list[str]:
    """What `service.engine.child` sets, as options, with its reasons."""
    options = {
        "--host": parameters.socket_path,
        "--model": parameters.model_path,
        "--alias": parameters.model_name,
        "--threads": parameters.threads,
        "--threads-batch": parameters.threads,
        "--parallel": parameters.slots,
        "--ctx-size": parameters.context_tokens_of_all,
        "--batch-size": parameters.batch_tokens_at_most,
        "--ubatch-size": parameters.batch_tokens_at_most,
        "--cache-ram": parameters.prompt_cache_mib,
        "--predict": parameters.max_output_tokens,
        "--threads-http": parameters.http_threads,
        "--fit": "off",
        "--cors-origins": "",
    }
    if parameters.pooling:
        options["--pooling"] = parameters.pooling
    if parameters.draft_tokens:
        options["--spec-type"] = "ngram-simple"
        options["--spec-ngram-simple-size-n"] = parameters.match_tokens
        options["--spec-ngram-simple-size-m"] = parameters.draft_tokens
    # The last is what the wheel has: thoughts of earlier turns are the template's own matter.
    switches = ["--no-ui", "--no-slots", "--no-reasoning-preserve"]
    switches += ["--embeddings"] if parameters.embeddings else []
    return [*(str(part) for pair in options.items() for part in pair), *switches]


def environment() -> dict[str, str]:
    """Ours, without what would set the program's options besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLAMA_")}
    return kept | {"XDG_CONFIG_HOME": os.devnull}


def end_with(parent: int) -> None:
    """Has the kernel end this process, and what it becomes, when its parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the service ended before its engine began")


def main() -> None:
    parent, document = sys.argv[1:]
    end_with(int(parent))
    parameters = EngineParameters.from_json(document)
    command = [parameters.program, *arguments(parameters)]
    os.execve(parameters.program, command, environment())  # noqa: S606 - it is to be this process


if __name__ == "__main__":
    main()
