"""What Docker tells of an image's layers, sorted by whether they hold the model."""

from __future__ import annotations

from bench.image import Image, Layer, layer


def line(made_by: str, size: str) -> dict[str, str]:
    return {"CreatedBy": made_by, "Size": size}


def test_the_model_s_layer_is_told_apart() -> None:
    told = [
        line("/bin/sh -c #(nop) COPY dir:1234 in /model ", "98000000"),
        line("COPY /venv /venv # buildkit", "100000000"),
        line("RUN /bin/sh -c apt-get update", "1500000"),
    ]
    found = Image(tuple(map(layer, told)))
    assert found.bytes == 101_500_000
    assert found.model_bytes == 98_000_000
    assert found.layers[2] == Layer("RUN /bin/sh -c apt-get update", 1_500_000, holds_model=False)
