"""A change of task size, synthesised for real, compared here and by the CDK's command line."""

import shutil
from pathlib import Path

import pytest

from delivery.assemblies import ROOT, Assembly, Tree, tree_of, working_tree
from delivery.changes import Effect
from delivery.errors import DeliveryError
from delivery.review import StackReview, review_stack, review_stage


def copy_of_the_app(folder: Path) -> Tree:
    for name in ("app.py", "cdk.json"):
        shutil.copy2(ROOT / name, folder / name)
    for name in ("infra", "service"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return Tree(folder, ROOT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the assemblies of the comparison below stay."""
    return tmp_path_factory.mktemp("review")


@pytest.fixture(scope="module")
def reviews(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, StackReview]:
    """Stage local with tasks of half the size, by stack."""
    changed = copy_of_the_app(tmp_path_factory.mktemp("changed"))
    stage = changed.folder / "infra/stages/local.toml"
    text = stage.read_text(encoding="utf-8")
    assert "cpu = 1024" in text
    stage.write_text(text.replace("cpu = 1024", "cpu = 512"), encoding="utf-8")
    found = review_stage("local", working_tree(), changed, into=folder)
    return {item.stack: item for item in found}


def test_task_definition_is_replaced_and_the_service_rolls_it_out(
    reviews: dict[str, StackReview],
) -> None:
    effects = {change.name: change.effect for change in reviews["Inference"].changes}
    assert effects == {
        "Task/Definition": Effect.REPLACED,
        "Service/Service/Service": Effect.CHANGED,
    }


def test_command_line_sees_the_same_replacement(reviews: dict[str, StackReview]) -> None:
    lines = reviews["Inference"].diff.splitlines()
    (replaced,) = [line for line in lines if line.startswith("[~]") and line.endswith("replace")]
    assert "AWS::ECS::TaskDefinition" in replaced


def test_diff_shows_the_old_and_the_new_size(reviews: dict[str, StackReview]) -> None:
    diff = reviews["Inference"].diff
    assert "[-] 1024" in diff
    assert "[+] 512" in diff


def test_other_stacks_do_not_differ(reviews: dict[str, StackReview]) -> None:
    assert [name for name, item in reviews.items() if item.differs] == ["Inference"]


@pytest.mark.usefixtures("reviews")
def test_stack_that_is_new_is_added_whole(folder: Path, tmp_path: Path) -> None:
    nothing = Tree(tmp_path, ROOT).synthesise("local", tmp_path / "before")
    found = review_stack("local", "Registry", nothing, Assembly(folder / "after/local"))
    assert {change.effect for change in found.changes} == {Effect.ADDED}
    assert "[+] AWS::ECR::Repository" in found.diff


def test_failed_synth_ends_with_what_the_app_said(tmp_path: Path) -> None:
    stages = tmp_path / "infra/stages"
    stages.mkdir(parents=True)
    (stages / "bad.toml").touch()
    (tmp_path / "app.py").write_text("raise SystemExit('bad.toml: what is wrong')")
    with pytest.raises(DeliveryError, match=r"bad\.toml: what is wrong(.|\n)*exit status"):
        Tree(tmp_path, ROOT).synthesise("bad", tmp_path / "out")


def test_commit_is_laid_out_as_a_tree(tmp_path: Path) -> None:
    tree = tree_of("HEAD", tmp_path / "tree")
    assert "local" in tree.stages
    assert (tree.folder / "app.py").exists()


def test_commit_that_is_not_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="no-such-commit"):
        tree_of("no-such-commit", tmp_path / "tree")
