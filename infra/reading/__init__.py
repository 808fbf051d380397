"""How a template is read: values, references, conditions, and the stacks of an assembly."""
