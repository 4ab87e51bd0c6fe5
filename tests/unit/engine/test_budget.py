from fsxap.engine.budget import planned


def test_what_is_read_on_this_machine_is_not_billed() -> None:
    units = {"textract_text_pages": 3, "comprehend_units": 2, "units": 1}
    assert planned(units, {"documents": "local", "entities": "aws"}) == {"comprehend_units": 2, "units": 1}
    assert planned(units, {"documents": "aws", "entities": "local"}) == {"textract_text_pages": 3, "units": 1}
    assert planned(units, {}) == units
    looked = {"rekognition_images": 5, "moderation_images": 5}
    assert planned(looked, {"text_on_frames": "local", "moderation": "aws"}) == {"moderation_images": 5}
    assert planned(looked, {"text_on_frames": "aws", "moderation": "local"}) == {"rekognition_images": 5}
