from minibert.evaluation.protocol import by_language, low_resource


def test_by_language():
    values = {"en_ewt": 0.9, "en_gum": 0.8, "be_hse": 0.7}
    assert by_language(values) == {"be": 0.7, "en": 0.8500000000000001}
    assert list(by_language(values)) == ["be", "en"]


def test_low_resource_treebanks():
    names = ["ta_ttb", "en_ewt", "be_hse", "kk_ktb", "tam_x"]
    assert low_resource(names) == ["kk_ktb", "be_hse", "ta_ttb"]
