def test_points_are_centres_of_the_maps_pixels(build_dummy):
    _, splits = build_dummy("toronto")
    assert sorted(splits["test"]) == ["1.jpg", "2.jpg"]
    fixations = splits["test"]["1.jpg"]["fixations"]
    assert fixations["x"].tolist() == [3.5, 14.5, 8.5, 19.5]
    assert fixations["y"].tolist() == [3.5, 8.5, 10.5, 15.5]
    assert fixations["observer"].tolist() == [0] * 4
