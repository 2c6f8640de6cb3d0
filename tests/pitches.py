"""Permits for pitches that are paid for, renewed and paid for again, and a closing that gives the money back."""

from praya.definition.service import Service
from tests import small_services

PERMIT = """
form:
  - page: you
    questions:
      - street: {type: text, max_length: 60, label: {en: Street, zh-hant: 街道}}
fees: [{name: permit, label: {en: Permit, zh-hant: 許可證}, amount: "300", for_cases_of: [small-closing, small-end]}]
registers:
  permits:
    title: {en: Permits, zh-hant: 許可證}
    found_by: [street]
    valid: 1 year
    facts: {street: {label: {en: Street, zh-hant: 街道}, value: answers.street}}
flow:
  start: open
  states:
    open:
      label: {en: Open, zh-hant: 處理中}
      actions: {pay: {label: {en: Paid, zh-hant: 已繳}, paid: true, to: standing}}
    standing:
      label: {en: In force, zh-hant: 有效}
      register: permits
      actions: {stop: {label: {en: Stop, zh-hant: 停止}, to: stopped}}
    stopped: {label: {en: Stopped, zh-hant: 已停止}, final: true, result: completed}
retention: {completed: 1 year}
"""
RENEWAL = """
subject: {register: permits, service: small-permit}
form:
  - page: you
    questions:
      - again: {type: yes-no, label: {en: Again?, zh-hant: 續期？}}
fees: [{name: renewal, label: {en: Renewal, zh-hant: 續期}, amount: "200", for_cases_of: [small-closing]}]
flow:
  start: open
  states:
    open:
      label: {en: Open, zh-hant: 處理中}
      actions: {pay: {label: {en: Paid, zh-hant: 已繳}, paid: true, renew: permits, to: done}}
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
retention: {completed: 1 year}
"""
CLOSING = """
lookups:
  there: {register: permits, service: small-permit, where: {street: answers.street}}
form:
  - page: you
    questions:
      - street: {type: text, max_length: 60, label: {en: Street, zh-hant: 街道}}
flow:
  start: open
  states:
    open:
      label: {en: Open, zh-hant: 處理中}
      actions:
        refund:
          label: {en: Give back, zh-hant: 退款}
          on_entries: {there: {refund: {renewal: paid.renewal.amount / 2}, paid_in: small-renewal}}
        back: {label: {en: All back, zh-hant: 全數退還}, on_entries: {there: {refund: [permit]}}}
        close:
          label: {en: Close the street, zh-hant: 封閉街道}
          on_entries: {there: {strike: true, refund: [permit]}}
          to: done
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
retention: {completed: 1 year}
"""
END = """
subject: {register: permits, service: small-permit}
form:
  - page: you
    questions:
      - sure: {type: yes-no, label: {en: Are you sure?, zh-hant: 確定？}}
flow:
  start: done
  states:
    done:
      label: {en: Done, zh-hant: 完成}
      final: true
      result: completed
      strike: subject
      on_entries: {subject: {refund: {permit: "entry.street == 'Quay' ? paid.permit.amount / 3 : 0"}}}
retention: {completed: 1 year}
"""
TEXTS = {
    "small-permit": ("PE", PERMIT),
    "small-renewal": ("PR", RENEWAL),
    "small-closing": ("PC", CLOSING),
    "small-end": ("PX", END),
}


def services() -> list[Service]:
    """The four services."""
    return [small_services.service(name, *rest) for name, rest in TEXTS.items()]
