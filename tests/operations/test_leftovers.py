"""What a destroy leaves is read from the templates."""

from operations.leftovers import left_behind
from operations.stage import SynthesisedStage


def test_images_keys_and_logs_of_a_kept_stage_outlive_it(dev: SynthesisedStage) -> None:
    words = {
        stack: [word.split(" (")[0] for word in words] for stack, words in left_behind(dev).items()
    }
    assert words["llm-on-ecs-dev-registry"] == ["the image repository and its images"]
    assert sorted(words["llm-on-ecs-dev-inference"]) == ["a secret", "logs"]
    assert words["llm-on-ecs-dev-network"] == ["logs"]


def test_stage_that_keeps_nothing_leaves_nothing(local: SynthesisedStage) -> None:
    assert left_behind(local) == {}
