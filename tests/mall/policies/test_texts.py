import pytest
from hypothesis import given
from hypothesis import strategies as st

from mall.policies import texts


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("第一段\n第二行\n\n第二段", "<p>第一段<br>第二行</p><p>第二段</p>"),
        ("1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"),
        ("<b>粗</b><i>斜</i>", "<strong>粗</strong><em>斜</em>"),
        ("<h1>大</h1><h6>小</h6>", "<h3>大</h3><h4>小</h4>"),
        ("<p style='color:red' onclick=x class=y>字</p>", "<p>字</p>"),
        ("<script>alert(1)</script><p>字</p>", "<p>字</p>"),
        ("<style>p{}</style><p>字</p><img src=x onerror=y>", "<p>字</p>"),
        ("<mark>字</mark>", "<p>字</p>"),
        (
            '<a href="https://example.com" target=_blank>链接</a>',
            '<a href="https://example.com" rel="noopener nofollow">链接</a>',
        ),
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener nofollow">x</a>'),
        ('<a href="data:text/html,x">x</a>', '<a rel="noopener nofollow">x</a>'),
        ("<ul><li>一<li>二</ul>", "<ul><li>一</li><li>二</li></ul>"),
        ("", ""),
    ],
)
def test_what_is_kept(written: str, kept: str) -> None:
    assert texts.cleaned(written) == kept
    assert texts.cleaned(kept) == kept


@given(st.text(alphabet="<>/ab\"'=& \npscrithefjv:;ul字!-", max_size=80))
def test_cleaning_twice_is_cleaning_once(written: str) -> None:
    once = texts.cleaned(written)
    assert texts.cleaned(once) == once
    assert "<script" not in once
    assert "<img" not in once


def test_plain_words() -> None:
    assert texts.plain("<p>一 &amp; 二</p><p>三</p>") == "一 & 二 三"
