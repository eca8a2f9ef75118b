from reports.sentence_markup import as_markup


def test_names_between_backticks_are_code() -> None:
    assert as_markup("`a` loses to `b+c`.") == "<code>a</code> loses to <code>b+c</code>."


def test_all_else_is_escaped() -> None:
    assert as_markup("`<i>` & <b>") == "<code>&lt;i&gt;</code> &amp; &lt;b&gt;"


def test_a_single_backtick_stays() -> None:
    assert as_markup("it`s") == "it`s"
