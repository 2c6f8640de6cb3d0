"""A service with the types of questions that need a page to be seen: for tests, and to look at."""

EVERY = """
assurance: {sign: 1}
registers:
  shops:
    title: {en: Shops, zh-hant: 店舖}
    facts:
      shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.note}
      street: {label: {en: Street, zh-hant: 街道}, value: answers.note}
      owner: {label: {en: Owner, zh-hant: 東主}, public: false, value: answers.note}
form:
  - page: before
    title: {en: Before you start, zh-hant: 申請前須知}
    questions:
      - type: guidance
        text: {en: "Have these at hand:\\n\\n- the plan\\n- the lease", zh-hant: "請備妥：\\n\\n- 圖則\\n- 租約"}
      - {type: warning, text: {en: It is an offence to make a false statement., zh-hant: 作出虛假陳述即屬違法。}}
      - more:
          type: details
          label: {en: What is a plan?, zh-hant: 甚麼是圖則？}
          text: {en: A drawing., zh-hant: 一幅圖。}
  - page: household
    title: {en: Your household, zh-hant: 住戶成員}
    questions:
      - members:
          type: repeat
          min: 1
          max: 4
          item: {en: Member, zh-hant: 成員}
          label: {en: Members, zh-hant: 成員}
          questions:
            - works: {type: yes-no, label: {en: Do they work?, zh-hant: 有否工作？}}
            - {type: guidance, when: item.works == true, text: {en: Name every income., zh-hant: 請填寫每項收入。}}
            - incomes:
                type: repeat
                when: item.works == true
                max: 3
                item: {en: Income, zh-hant: 收入}
                label: {en: Incomes, zh-hant: 收入}
                questions:
                  - amount: {type: money, label: {en: Amount, zh-hant: 金額}}
                  - proof:
                      type: file
                      optional: true
                      accept: [pdf]
                      max_files: 2
                      label: {en: Proof, zh-hant: 證明文件}
  - page: spaces
    questions:
      - spaces:
          type: table
          rows:
            - {value: hall, label: {en: Hall, zh-hant: 禮堂}}
            - {value: garden, label: {en: Garden, zh-hant: 花園}}
          columns:
            - people:
                type: number
                min: 1
                max: 500
                unit: {en: people, zh-hant: 人}
                label: {en: People, zh-hant: 人數}
            - rent: {type: money, optional: true, label: {en: Rent, zh-hant: 租金}}
            - roof: {type: yes-no, label: {en: With a roof?, zh-hant: 有上蓋？}}
            - opens: {type: time, optional: true, label: {en: Opens at, zh-hant: 開放時間}}
          optional_rows: true
          label: {en: The spaces that you need, zh-hant: 所需場地}
          hint: {en: Leave a row empty if you do not need it., zh-hant: 不需要的場地可留空。}
  - page: crowd
    when: "sum(answers.spaces.map(row, answers.spaces[row].people)) > 100"
    questions:
      - guards: {type: number, min: 1, label: {en: How many guards?, zh-hant: 保安人數}}
  - page: where
    questions:
      - where: {type: place, label: {en: Where will it be?, zh-hant: 活動地點}}
  - page: shop
    title: {en: The shop, zh-hant: 店舖}
    questions:
      - shop: {type: entry, register: shops, label: {en: Which shop sells the food?, zh-hant: 哪間店舖供應食物？}}
      - note: {type: text, label: {en: Note, zh-hant: 備註}}
  - page: rich
    when: >-
      answers.shop.street == '1 Sample Street' && sum(answers.members.map(m, sum(m.incomes.map(i, i.amount)))) > 10000
    questions:
      - reason: {type: text, label: {en: Why do you apply?, zh-hant: 申請原因}}
  - page: sign
    questions:
      - sign:
          type: signature
          says: {en: What I have told you is true., zh-hant: 本人所提供的資料均屬真確。}
          label: {en: Signature, zh-hant: 簽署}
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, final: true, result: completed}
retention: {completed: 1 year}
"""
STORY = {
    "example": "Somebody applies for the hall",
    "starts": "2026-11-10T10:00:00+08:00",
    "language": "en",
    "entries": {
        "noodles": {"register": "shops", "facts": {"shop": "Sample Noodles", "street": "1 Sample Street"}},
    },
    "answers": {
        "members": [
            {"works": True, "incomes": [{"amount": 9000}, {"amount": 2000.5}]},
            {"works": False},
        ],
        "spaces": {"hall": {"people": 120, "roof": True, "opens": "09:30"}},
        "guards": 2,
        "where": {"text": "Beside the pier", "lat": 22.287, "lon": 114.16},
        "shop": "noodles",
        "note": "None",
        "reason": "For the street",
        "sign": {"name": "CHAN Siu Fong"},
    },
    "expect": {"state": "received"},
}  # fmt: skip
