import pytest
from pydantic import ValidationError

from system.settings import AcceleratorSettings, Networks


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"adc_bit": 8}, "adc_bit\n.*not permitted"),
        ({"adc_bits": 1}, "adc_bits\n.*greater than or equal to 2.*input_value=1"),
        ({"ideal": ["leves"]}, "ideal.*\n.*'levels'.*input_value='leves'"),
        ({"mirror_min": 2, "mirror_max": 1}, "mirror_min = 2.0 must lie below mirror_max = 1.0"),
        ({"read_time": 1e-9, "sample_interval": 1e-10}, "must not exceed sample_interval"),
    ],
)
def test_a_mistake_is_one_error_that_names_key_value_and_remedy(values, message):
    with pytest.raises(ValidationError, match=message) as caught:
        AcceleratorSettings(**values)
    assert caught.value.error_count() == 1


def test_an_unknown_data_set_is_refused():
    with pytest.raises(ValidationError, match="mnist"):
        Networks(mnist={})
