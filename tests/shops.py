"""A licence for shops whose entries live on: renewed, changed, transferred and struck off by services about them."""

from praya.definition.service import Service
from tests import small_services

LICENCE = """
parameters: {fee: [{from: 2020-01-01, value: 100}]}
form:
  - page: shop
    title: {en: Shop, zh-hant: 店舖}
    questions:
      - shop: {type: text, max_length: 60, label: {en: Name of the shop, zh-hant: 店舖名稱}}
      - keeper: {type: text, max_length: 60, label: {en: Name of the keeper, zh-hant: 負責人}}
      - seats: {type: number, min: 1, max: 500, label: {en: Seats, zh-hant: 座位}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        approve: {label: {en: Approve, zh-hant: 批准}, to: approved}
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}
    approved:
      label: {en: Approved, zh-hant: 已批准}
      register: licensed-shops
      notify: [approved]
      final: true
      result: granted
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
registers:
  licensed-shops:
    title: {en: Licensed shops, zh-hant: 持牌店舖}
    facts:
      shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.shop}
      keeper: {label: {en: Keeper, zh-hant: 負責人}, value: answers.keeper, public: false}
      seats: {label: {en: Seats, zh-hant: 座位}, value: answers.seats}
    valid: 1 year
    remind: [{before: 2 months, notify: renewal-due}, {before: 1 week, notify: renewal-due}]
notices:
  approved:
    subject: {en: "{case.ref} is approved", zh-hant: "{case.ref} 已獲批准"}
    body: {en: "{entry.shop} until {entry.until}: {entry.ref}", zh-hant: "{entry.shop} 至 {entry.until}：{entry.ref}"}
  renewal-due:
    subject: {en: "Renew {entry.shop}", zh-hant: "為 {entry.shop} 續期"}
    body: {en: "It ends on {entry.until}. See {url}", zh-hant: "{entry.until} 屆滿。請看 {url}"}
retention: {granted: 7 years, refused: 1 year}
"""

ABOUT = """
subject: {subject}
form:
  - page: about
    questions:
      - word: {{type: text, optional: true, max_length: 60, label: {{en: New name, zh-hant: 新名稱}}}}
      - seats: {{type: number, optional: true, label: {{en: Seats, zh-hant: 座位}}}}
flow:
  start: received
  states:
    received:
      label: {{en: Received, zh-hant: 已收到}}
      actions:
        do-it: {{label: {{en: Do it, zh-hant: 執行}}, to: done, {effect}}}
    done: {{label: {{en: Done, zh-hant: 已完成}}, final: true, result: completed}}
retention: {{completed: 1 year}}
"""


KEEPER = """
parties:
  keeper:
    label: {en: Present holder, zh-hant: 現時持有人}
    holder: true
    form: [{page: agree, questions: [{agrees: {type: yes-no, label: {en: Do you agree?, zh-hant: 你是否同意？}}}]}]
notices:
  handed-over:
    to: holder
    subject: {en: "You handed {entry.ref} over", zh-hant: "你已轉讓 {entry.ref}"}
    body: {en: It is no longer yours., zh-hant: 它不再屬於你。}
"""

# Each dog has an entry and a disc of its own; a new disc takes the place of the one before.
DOGS = """
form:
  - page: dogs
    title: {en: Dogs, zh-hant: 狗隻}
    questions:
      - owner: {type: text, max_length: 60, label: {en: Owner, zh-hant: 主人}}
      - dogs:
          type: repeat
          max: 9
          label: {en: Dogs, zh-hant: 狗隻}
          item: {en: Dog, zh-hant: 狗隻}
          questions:
            - dog: {type: text, max_length: 60, label: {en: Name, zh-hant: 名字}}
            - large: {type: yes-no, label: {en: Is it large?, zh-hant: 是否大型犬？}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        approve: {label: {en: Approve, zh-hant: 批准}, to: approved}
    approved:
      label: {en: Approved, zh-hant: 已批准}
      final: true
      result: granted
      issue: disc
      register: known-dogs
      actions:
        correct: {label: {en: Correct, zh-hant: 更正}, amend: known-dogs, renew: known-dogs}
records:
  disc:
    title: {en: Dog disc, zh-hant: 狗牌}
    several: answers.dogs
    valid: 1 year
    facts:
      dog: {label: {en: Dog, zh-hant: 狗隻}, value: item.dog}
      large: {label: {en: Large, zh-hant: 大型}, value: item.large}
registers:
  known-dogs:
    title: {en: Known dogs, zh-hant: 已登記狗隻}
    several: answers.dogs
    valid: 1 year
    facts:
      dog: {label: {en: Dog, zh-hant: 狗隻}, value: item.dog}
      owner: {label: {en: Owner, zh-hant: 主人}, value: answers.owner, public: false}
retention: {granted: 7 years}
"""

DISC = """
records:
  new-disc:
    title: {en: Dog disc, zh-hant: 狗牌}
    replaces: disc
    facts: {dog: {label: {en: Dog, zh-hant: 狗隻}, value: entry.dog}}
"""


def dogs() -> list[Service]:
    """A service that registers dogs, one of which gets a new disc, or is given up, by a service about its entry."""
    return [
        small_services.service("dog-register", "DR", DOGS),
        small_services.service("dog-disc", "DD", about_dogs("renew: known-dogs, issue: new-disc") + DISC),
        small_services.service("dog-gone", "DG", about_dogs("strike: true, revoke: true")),
    ]


def about_dogs(effect: str) -> str:
    """A service about a dog's entry whose only action has this effect."""
    return ABOUT.format(subject="{register: known-dogs, service: dog-register}", effect=effect)


def licence() -> Service:
    """The service that enters shops."""
    return small_services.service("shop-licence", "SH", LICENCE)


def about(name: str, reference: str, effect: str, subject: str = "", more: str = "") -> Service:
    """A service about a shop's entry whose only action has this effect."""
    said = "{register: licensed-shops, service: shop-licence" + (f", {subject}" if subject else "") + "}"
    return small_services.service(name, reference, ABOUT.format(subject=said, effect=effect) + more)


def all_of_them() -> list[Service]:
    """The licence, and the services about its entries."""
    return [
        licence(),
        about("shop-renewal", "SR", "renew: licensed-shops", "open_before: 3 months"),
        about("shop-change", "SC", "amend: licensed-shops", "facts: {shop: answers.word, seats: answers.seats}"),
        about("shop-transfer", "ST", "transfer: licensed-shops, notify: [handed-over]", "who: anyone", KEEPER),
        about("shop-closing", "SX", "strike: true"),
    ]
