from service.reservoir import Reservoir


def test_values_that_fit_are_all_kept_in_order() -> None:
    reservoir = Reservoir(3)
    for value in (3.0, 1.0, 2.0):
        reservoir.add(value)
    assert reservoir.take() == [3.0, 1.0, 2.0]


def test_taking_begins_anew() -> None:
    reservoir = Reservoir(3)
    reservoir.add(1.0)
    reservoir.take()
    assert reservoir.take() == []


def test_more_values_leave_a_sample_of_the_size_without_repeats() -> None:
    reservoir = Reservoir(100)
    for value in range(1000):
        reservoir.add(value)
    sample = reservoir.take()
    assert len(sample) == len(set(sample)) == 100


def test_early_and_late_values_have_the_same_chance() -> None:
    kept = 0
    for _ in range(200):
        reservoir = Reservoir(10)
        for value in range(100):
            reservoir.add(value)
        kept += sum(value < 50 for value in reservoir.take())
    # Of 2000 kept values 1000 are expected, with a standard deviation of 21: 8 of these away.
    assert 830 < kept < 1170
