def test_coordinates_and_observers_from_one_become_from_zero(build_dummy):
    _, splits = build_dummy("pascal_s")
    assert list(splits) == ["test"]
    fixations = splits["test"]["1.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3, 14, 8, 19]
    assert fixations["y"].tolist() == [3, 8, 10, 15]
    assert fixations["observer"].tolist() == [0, 0, 1, 1]
    assert fixations["order"].tolist() == [0, 1, 0, 1]
