"""An assembly that brings one stack to another template, for the CDK's command line to deploy.

It is a copy of one that was synthesised: where the command line uploads to, and the roles that it
takes, stand in there. What would be built or published besides is left out.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from delivery.assemblies import Assembly


def reissue(assembly: Assembly, stack: str, template: dict[str, Any], into: Path) -> Assembly:
    """A copy in `into` in which the stack of this id has this template."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(assembly.folder, into)
    text = json.dumps(template, indent=1)
    file = into / f"{stack}.template.json"
    file.write_text(text, encoding="utf-8")
    assets = into / f"{stack}.assets.json"
    content = json.loads(assets.read_text(encoding="utf-8"))
    content["dockerImages"] = {}
    assets.write_text(json.dumps(content, indent=1), encoding="utf-8")
    # A template is uploaded under the hash of its content, and not again where that is there.
    old, new = _key_of(content, file.name), hashlib.sha256(text.encode()).hexdigest()
    for named in (assets, into / "manifest.json"):
        named.write_text(named.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return Assembly(into)


def _key_of(content: dict[str, Any], template: str) -> str:
    (key,) = (key for key, item in content["files"].items() if item["source"]["path"] == template)
    return str(key)
