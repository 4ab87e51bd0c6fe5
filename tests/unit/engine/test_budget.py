from fsxap.engine.budget import planned


def test_what_is_read_on_this_machine_is_not_billed() -> None:
    units = {"textract_text_pages": 3, "comprehend_units": 2, "units": 1}
    assert planned(units, {"documents": "local", "entities": "aws"}) == {"comprehend_units": 2, "units": 1}
    assert planned(units, {"documents": "aws", "entities": "local"}) == {"textract_text_pages": 3, "units": 1}
    assert planned(units, {}) == units
