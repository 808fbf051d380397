"""What a model takes, and the smallest task that has it."""

from infra.footprint import RUNNING_MIB, disk_gib, footprint, needed_disk_gib, smallest_task
from infra.sections.engine import EngineSettings
from infra.sections.model import ModelSettings
from infra.sections.speculation import SpeculationSettings
from infra.sections.task import TaskSettings

NO_GUESSES = SpeculationSettings()


def in_bucket(weights_mib: int) -> ModelSettings:
    return ModelSettings(
        path="s3:own.gguf",
        bucket=True,
        sha256="0" * 64,
        weights_mib=weights_mib,
        kv_bytes_per_token=1,
    )


def test_the_sum_is_weights_context_of_all_slots_cache_and_room_to_run() -> None:
    engine = EngineSettings(slots=4, context_tokens=1024, prompt_cache_mib=100)
    size = footprint(
        engine, NO_GUESSES, slots=engine.slots, weights_mib=500, kv_bytes_per_token=2**20
    )
    assert size.needed == 500 + 4 * 1024 + 100 + RUNNING_MIB


def test_the_sum_is_told_with_its_parts() -> None:
    size = footprint(
        EngineSettings(), NO_GUESSES, slots=8, weights_mib=139, kv_bytes_per_token=23040
    )
    assert str(size) == (
        "139 of weights, 418 to run, 360 for 8 slots of 2048 tokens, 256 of prompt cache"
    )


def test_vectors_that_are_made_of_a_whole_batch_take_memory_for_each_of_its_tokens() -> None:
    whole = EngineSettings(embeddings="mean", batch_tokens=256)
    size = footprint(whole, NO_GUESSES, slots=1, weights_mib=139, kv_bytes_per_token=23040)
    assert size.embeddings == 256
    assert str(size).endswith(", 256 for embeddings")
    last = whole.model_copy(update={"embeddings": "last"})
    size = footprint(last, NO_GUESSES, slots=1, weights_mib=139, kv_bytes_per_token=1)
    assert size.embeddings == 0


def test_guesses_of_all_slots_take_memory_for_each_of_their_tokens() -> None:
    guesses = SpeculationSettings(draft_tokens=15)
    size = footprint(EngineSettings(), guesses, slots=8, weights_mib=139, kv_bytes_per_token=23040)
    assert size.guesses == 8 * 15
    assert str(size).endswith(", 120 for guesses")
    assert size.needed == 139 + RUNNING_MIB + 360 + 256 + 120


def test_the_smallest_task_has_the_memory_and_no_smaller_one_has() -> None:
    assert smallest_task(512) == (256, 512)
    assert smallest_task(2048) == (256, 2048)
    assert smallest_task(2049) == (512, 3072)
    assert smallest_task(9000) == (2048, 9216)
    assert smallest_task(122_880) == (16384, 122_880)


def test_more_memory_than_fargate_has_fits_no_task() -> None:
    assert smallest_task(122_881) is None


def test_the_default_disk_holds_weights_up_to_sixteen_gib() -> None:
    assert disk_gib(TaskSettings(), in_bucket(16 * 1024)) is None
    assert disk_gib(TaskSettings(), in_bucket(16 * 1024 + 1)) == 21


def test_weights_in_the_image_ask_for_no_further_disk() -> None:
    assert disk_gib(TaskSettings(), ModelSettings(path="/own.gguf", weights_mib=50_000)) is None


def test_the_largest_weights_stay_within_fargates_largest_disk() -> None:
    assert needed_disk_gib(in_bucket(122_880)) <= 200


def test_a_disk_that_is_asked_for_is_given() -> None:
    assert disk_gib(TaskSettings(disk_gib=50), in_bucket(1024)) == 50
