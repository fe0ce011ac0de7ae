from hypothesis import given
from hypothesis import strategies as st

from mall.policies import search


def test_chinese_becomes_signs_and_pairs() -> None:
    assert search.terms_of("龙井茶") == ["龙", "井", "茶", "龙井", "井茶"]


def test_latin_words_stay_whole_and_lose_their_case() -> None:
    assert search.terms_of("Earl Grey 500ml") == ["earl", "grey", "500ml"]


def test_scripts_part_each_other() -> None:
    assert search.terms_of("龙井latte杯") == ["龙", "井", "龙井", "latte", "杯"]


def test_full_width_is_half_width() -> None:
    assert search.terms_of("ＬＡＴＴＥ　１２") == ["latte", "12"]  # noqa: RUF001


def test_a_question_in_chinese_asks_for_pairs() -> None:
    assert search.question("龙井茶 龙井") == (["龙井", "井茶"], "")


def test_a_question_of_one_sign_asks_for_the_sign() -> None:
    assert search.question("茶") == (["茶"], "")


def test_the_last_latin_word_may_be_begun() -> None:
    assert search.question("grey lat") == (["grey"], "lat")
    assert search.question("grey lat ") == (["grey", "lat"], "")
    assert search.question("l") == (["l"], "")


def test_operators_are_signs_like_others() -> None:
    assert search.question("\"龙井\" AND -茶* (OR) 'x':A & !y |") == (
        ["龙井", "and", "茶", "or", "x", "a", "y"],
        "",
    )


def test_a_question_without_words_is_empty() -> None:
    assert search.question(" \t\n\"'*!&|()<>:%_\\ ，。") == ([], "")


def test_a_long_question_is_cut() -> None:
    terms, begun = search.question("茶" * 5000)
    assert (terms, begun) == (["茶茶"], "")
    terms, _ = search.question("".join(chr(0x4E00 + n) for n in range(5000)))
    assert len(terms) == search.TERMS_MAX
    assert len(search.question("a" * 5000)[1]) <= 40
    assert search.question("\ufdfa" * 200)[0]


@given(st.text(), st.text())
def test_a_part_of_a_text_is_found_in_it(before: str, after: str) -> None:
    text = f"{before} 明前龙井 {after}"
    terms = set(search.terms_of(text))
    for asked in ("明前龙井", "龙井", "前"):
        assert set(search.question(asked)[0]) <= terms


@given(st.text(max_size=400))
def test_terms_are_letters_and_digits_only(text: str) -> None:
    terms, begun = search.question(text)
    for term in (*search.terms_of(text), *terms, begun):
        assert not set(term) & set("'\"\\:*&|!()<> \x00\n")
