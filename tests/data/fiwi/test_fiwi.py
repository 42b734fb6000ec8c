def test_pages_with_the_maps_of_all_observers(build_dummy):
    _, splits = build_dummy("fiwi")
    assert sorted(splits["test"]) == ["news.png", "shop.png"]
    assert splits["test"]["news.png"]["fixations"]["y"].tolist() == [3.5, 8.5, 10.5, 15.5]
    assert splits["test"]["news.png"]["sigma"] == 30
