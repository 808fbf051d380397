"""`cdk` runs this: the stage named by `-c stage=NAME` becomes stacks."""

import sys

from infra.quick_start import start_quickly


def main() -> None:
    """Read the stage, load its settings, build the stacks, synthesise."""
    start_quickly()
    from aws_cdk import App

    from infra.build import build, synthesise
    from infra.stage_files import OVERRIDES, SettingsError, load_stage

    app = App()
    context = app.node.try_get_context
    try:
        settings = load_stage(context("stage"), {key: context(key) for key in OVERRIDES})
    except SettingsError as error:
        sys.exit(str(error))
    synthesise(build(app, settings))


if __name__ == "__main__":
    main()
