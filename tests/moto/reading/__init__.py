"""How each resource type that the stacks produce is read back through AWS's own API."""

from . import compute, edge, network, storage, watching
from .resource import Reader

READERS: dict[str, Reader] = {
    **compute.READERS,
    **edge.READERS,
    **network.READERS,
    **storage.READERS,
    **watching.READERS,
}
