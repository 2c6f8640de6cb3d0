"""A licence for shops whose entries live on: renewed, changed, transferred and struck off by services about them."""

from praya.definition.service import Service
from tests import made

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


def licence() -> Service:
    """The service that enters shops."""
    return made.service("shop-licence", "SH", LICENCE)


def about(name: str, reference: str, effect: str, subject: str = "") -> Service:
    """A service about a shop's entry whose only action has this effect."""
    said = "{register: licensed-shops, service: shop-licence" + (f", {subject}" if subject else "") + "}"
    return made.service(name, reference, ABOUT.format(subject=said, effect=effect))


def all_of_them() -> list[Service]:
    """The licence, and the services about its entries."""
    return [
        licence(),
        about("shop-renewal", "SR", "renew: licensed-shops", "open_before: 3 months"),
        about("shop-change", "SC", "amend: licensed-shops", "facts: {shop: answers.word, seats: answers.seats}"),
        about("shop-transfer", "ST", "transfer: licensed-shops", "who: anyone"),
        about("shop-closing", "SX", "strike: true"),
    ]
