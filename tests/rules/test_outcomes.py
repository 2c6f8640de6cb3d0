"""`praya check` on registers whose entries live on."""

import pytest
from tests import shops, small_services

from praya.definition import check


def broken(old: str, new: str, text: str = shops.LICENCE) -> str:
    assert old in text
    return "\n".join(small_services.problems("shop-licence", "SH", text.replace(old, new)))


def test_the_services_of_the_tests_are_sound() -> None:
    assert len(shops.all_of_them()) == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("notify: renewal-due}, ", "notify: renewal-do}, ", "did you mean 'renewal-due'"),
        ("    valid: 1 year\n", "", "nothing to remind of"),
        ("See {url}", "See {case.ref}", "speaks of 'case', which a reminder does not know"),
        ("{entry.shop} until", "{entry.shoop} until", "'entry.shoop' does not exist; did you mean 'shop'"),
        ("      seats: {label", "      until: {label", "give the fact another name"),
        ("register: licensed-shops\n", "renew: licenced-shops\n", "did you mean 'licensed-shops'"),
        ("register: licensed-shops\n", "transfer: licensed-shops\n", "who: anyone"),
        ("register: licensed-shops\n", "strike: subject\n", "no 'subject' that could be struck off"),
        ("register: licensed-shops\n", "register: licensed-shops\n      renew: licensed-shops\n", "after 'renew'"),
        ("to: approved}", "to: approved, register: licensed-shops}", "an entry is made once"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_register_is_said(old: str, new: str, said: str) -> None:
    assert said in broken(old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    several: answers.dogs\n", "", "there is no item: say of which repeat"),
        ("several: answers.dogs", "several: answers.owner", "did you mean 'answers.dogs'"),
        ("value: item.large", "value: item.larg", "did you mean 'large'"),
        ("    title: {en: Dog disc,", "    replaces: disk\n    title: {en: Dog disc,", "did you mean 'disc'"),
        ("value: item.large", "value: entry.until", "issued before the entry in 'known-dogs' is made here"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_what_each_item_gets_is_said(old: str, new: str, said: str) -> None:
    assert said in broken(old, new, shops.DOGS)


def test_a_service_about_anothers_entries_is_compared_with_it() -> None:
    owner = shops.licence()
    sound = shops.about("shop-renewal", "SR", "renew: licensed-shops")
    assert list(check.about_another(sound, owner)) == []
    wrong = shops.about(
        "shop-change", "SC", "amend: licensed-shops, when: entry.seat > 3", "facts: {shops: answers.word}"
    )
    said = [message for _, message in check.about_another(wrong, owner)]
    assert any("did you mean 'shop'" in message for message in said), said
    wrong = small_services.service(
        "dog-disc", "DD", shops.about_dogs("issue: new-disc") + shops.DISC.replace(": disc", ": disk")
    )
    assert any("did you mean 'disc'" in m for _, m in check.about_another(wrong, shops.dogs()[0]))
    assert any("'entry.seat' does not exist; did you mean 'seats'" in message for message in said), said


def test_what_a_lookup_finds_is_not_compared_with_the_entry_that_the_service_is_about() -> None:
    """The subject is a shop, and the look-up reads dogs."""
    text = shops.ABOUT.format(subject="{register: licensed-shops, service: shop-licence}", effect="strike: true")
    text += "lookups:\n  large: {register: known-dogs, service: dog-licence, whose: own, when: entry.dog != null}\n"
    found = small_services.service("shop-x", "SY", text)
    assert list(check.about_another(found, shops.licence())) == []


def test_a_register_of_which_nothing_is_public_is_internal() -> None:
    text = shops.LICENCE.replace("value: answers.shop}", "value: answers.shop, public: false}")
    text = text.replace("value: answers.seats}", "value: answers.seats, public: false}")
    assert "say 'public: false' of the register itself" in "\n".join(
        small_services.problems("shop-licence", "SH", text)
    )


@pytest.mark.parametrize(
    ("subject", "effect", "said"),
    [
        ("register: shops", "renew: licensed-shops", "there is no register 'shops'"),
        ("register: licensed-shops, service: shop-licence", "renew: shops", "licensed-shops"),
        ("register: licensed-shops, service: shop-licence", "amend: licensed-shops", "say what it writes"),
        ("register: licensed-shops, service: shop-licence", "transfer: licensed-shops", "who: anyone"),
        ("register: licensed-shops, service: shop-licence, who: anyone", "transfer: licensed-shops", "holder: true"),
        ("register: licensed-shops, who: holders", "strike: true", "holder"),
        ("register: licensed-shops, service: shop-licence", "strike: own", "no register of its own"),
    ],
)
def test_what_is_wrong_with_a_subject_is_said(subject: str, effect: str, said: str) -> None:
    text = shops.ABOUT.format(subject=f"{{{subject}}}", effect=effect)
    assert said in "\n".join(small_services.problems("shop-x", "SY", text))


def test_a_service_with_two_kinds_of_entries_says_which_are_struck_off() -> None:
    registers = "registers:" + shops.LICENCE.partition("registers:")[2].replace("answers.seats", "answers.word")
    registers = registers.replace("answers.shop", "answers.word").replace("answers.keeper", "answers.word")
    registers = registers.partition("retention:")[0]
    subject = "{register: licensed-shops, service: shop-licence}"
    for effect, wrong in (("strike: true", True), ("strike: own", False), ("strike: subject", False)):
        said = small_services.problems("shop-x", "SY", shops.ABOUT.format(subject=subject, effect=effect) + registers)
        assert any("say which: 'own' or 'subject'" in one for one in said) is wrong, said


def test_a_record_and_an_entry_made_together_are_for_the_same_items() -> None:
    cats = shops.DOGS.replace("      - dogs:", "      - cats: {type: repeat, max: 2, label: {en: Cats, zh-hant: 貓隻},"
                              " item: {en: Cat, zh-hant: 貓}, questions: [{dog: {type: text, label: {en: Name,"
                              " zh-hant: 名字}}}]}\n      - dogs:", 1)  # fmt: skip
    assert small_services.problems("shop-licence", "SH", cats) == []
    before, after = cats.split("  known-dogs:")
    text = f"{before}  known-dogs:{after.replace('several: answers.dogs', 'several: answers.cats')}"
    assert "a record certifies the entry of its own item" in "\n".join(
        small_services.problems("shop-licence", "SH", text)
    )


def test_an_effect_enters_nothing_in_a_register_that_a_file_fills() -> None:
    text = shops.LICENCE
    for fact in ("shop", "keeper", "seats"):
        text = text.replace(f", value: answers.{fact}", "")
    assert "let a file fill the register" in "\n".join(small_services.problems("shop-licence", "SH", text))
