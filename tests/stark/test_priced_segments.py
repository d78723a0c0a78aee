"""Segments of several sizes are priced by their global fractions together."""

from hstar.stark.security import description_of, priced_segments
from stark.test_mixed_segments import keys


def test_a_mix_is_priced_as_enough_segments_of_each_key():
    small, large = keys().keys
    most = {key: description_of(key).max_global_fractions for key in (small, large)}
    used = [small, large, small, small]
    total = sum(most[key] for key in used)
    for key in (small, large):
        number = priced_segments(key, used)
        assert (number - 1) * most[key] < total <= number * most[key]
    assert priced_segments(small, [small] * 5) == 5
