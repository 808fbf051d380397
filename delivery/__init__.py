"""What a change deploys, and whether a deploy works: the verbs that both pipelines call."""
