import pytest
from pydantic import ValidationError

from magbayes.system.network.settings import Networks, NetworkSettings, one_of
from magbayes.system.settings import AcceleratorSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"adc_bit": 8}, "adc_bit\n.*not permitted"),
        ({"adc_bits": 1}, "adc_bits\n.*greater than or equal to 2.*input_value=1"),
        ({"ideal": ["leves"]}, "ideal.*\n.*'levels'.*input_value='leves'"),
        ({"mirror_min": 2, "mirror_max": 1}, "mirror_min = 2.0 must lie below mirror_max = 1.0"),
        ({"adc_effective_bits": 8.5}, "adc_effective_bits = 8.5 must be at most adc_bits = 8"),
        ({"adc_effective_bits": 1}, "adc_effective_bits\n.*greater than or equal to 2"),
        ({"read_time": 1e-9, "sample_interval": 1e-10}, "must not exceed sample_interval"),
    ],
)
def test_a_mistake_is_one_error_that_names_key_value_and_remedy(values, message):
    with pytest.raises(ValidationError, match=message) as caught:
        AcceleratorSettings(**values)
    assert caught.value.error_count() == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mnist": {}}, "mnist: no data set of that name; accepted: digits, "),
        ({"my-own": {"data": {"source": "digits"}}}, "'my-own' is no name of a network"),
        ({"digits": {"kl_weight": [1.0, 0.3, 1.0]}}, r"digits.kl_weight\n.*\[1.0, 0.3, 1.0\] holds 1 twice"),
        (
            {"digits": {"kl_weight": [1.0]}},
            "digits.kl_weight\n.*a list of 1; expected 2 to 16 candidates, or one number",
        ),
        ({"digits": {"kl_weight": [1.0, 2.0]}}, r"digits.kl_weight.1\n.*less than or equal to 1"),
        ({"digits": {"prior_std": [1.0, "wide"]}}, r"digits.prior_std.1\n.*valid number"),
        (
            {"digits": {"prior_std": [1.0, 2.0], "start": __file__}},
            r"\[1.0, 2.0\] cannot be chosen of for .*, which is trained",
        ),
        ({"digits": {"start": "/nowhere.h5"}}, "start /nowhere.h5 does not exist"),
        ({"digits": {"start": __file__, "posterior": __file__}}, "give either `start` or `posterior`, not both"),
        (dict.fromkeys(("digits", "diabetes", "cubic")), "at least one network is needed"),
    ],
)
def test_a_network_that_cannot_be_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        Networks(**values)


def test_lists_of_candidates_make_every_combination_and_a_number_stays_a_number():
    one, many = NetworkSettings(kl_weight=0.3), NetworkSettings(kl_weight=[1, 0.3], prior_std=[1, 2, 3])
    assert one.candidates() == [one]
    assert not one.chooses
    assert one.model_dump(mode="json")["kl_weight"] == 0.3
    pairs = [(candidate.kl_weight, candidate.prior_std) for candidate in many.candidates()]
    assert pairs == [(k, p) for k in (1, 0.3) for p in (1, 2, 3)]
    assert NetworkSettings.model_validate(many.model_dump(mode="json")) == many
    with pytest.raises(ValueError, match=r"\[1.0, 0.3\] are candidates; `selection.select` chooses one"):
        one_of(many.kl_weight)


def test_networks_have_names_of_your_own_and_null_leaves_one_out():
    networks = Networks(mine={"data": {"source": "digits"}}, cubic=None)
    assert list(networks.selected()) == ["digits", "diabetes", "mine"]
    assert Networks.model_validate(networks.model_dump(mode="json")) == networks


def test_what_is_ideal_is_written_in_one_order():
    """Files are named by a hash of it, and a set of texts has another order in each process."""
    names = ["thermal", "noise", "adc", "jitter", "dac", "mismatch", "levels"]
    assert AcceleratorSettings(ideal=names).model_dump(mode="json")["ideal"] == sorted(names)
