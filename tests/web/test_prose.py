"""Plain text as HTML: paragraphs, lists and links."""

from django.conf import settings

from praya.web.pages import prose


def test_only_an_address_of_this_platform_becomes_a_link() -> None:
    own = settings.PRAYA.base_url
    assert str(prose(f"See {own}/en/cases/RL-1 now.")) == (
        f'<p>See <a href="{own}/en/cases/RL-1">{own}/en/cases/RL-1</a> now.</p>'
    )
    assert str(prose(f"- {own}/en/me。")) == f'<ul><li><a href="{own}/en/me">{own}/en/me</a>。</li></ul>'
    assert str(prose(f"At {own}/en/me. Then")) == f'<p>At <a href="{own}/en/me">{own}/en/me</a>. Then</p>'
    for other in ("https://evil.example/en", f"{own}.evil.example/", f"{own}@evil.example/", "javascript:alert(1)"):
        assert "<a " not in str(prose(other)), other
    assert "<script>" not in str(prose(f'{own}/"><script>'))
