"""The parts that the inference stack is made of, each one idea of AWS."""
