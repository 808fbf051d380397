"""The embedded AWS: moto plus what it lacks, and the runner of the tasks that a deploy asks for."""
