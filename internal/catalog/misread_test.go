package catalog

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func template(lines ...string) string {
	return "templates:\n  - id: t\n    kind: NOTE\n    levels: [{id: a, value: 1}]\n    texts: {en: {title: t, message: m}}\n    " + strings.Join(lines, "\n    ") + "\n"
}

func TestWhatWouldBeMisread(t *testing.T) {
	long := strings.Repeat("x", 300)
	for file, want := range map[string][]string{
		template("levels_: 1"): {`b.yaml:6:5: unknown key "levels_" (did you mean "levels"?)`},

		// One locale twice, in the template and in a level.
		"templates:\n  - id: t\n    kind: NOTE\n    levels: [{id: a, value: 1, texts: {zh-TW: {title: x}, zh_TW: {title: y}}}]\n    texts:\n" +
			"      en: {title: t, message: m}\n      zh-TW: {title: a, message: m}\n      EN: {title: b, message: m}\n": {
			`b.yaml:4:59: locale "zh_TW" is here twice (first on line 4)`, `b.yaml:8:7: locale "EN" is here twice (first on line 6)`},

		// One key in two spellings.
		"limits: [{id: a, unit: UNITS, capacity: 3, perStore: true, per_store: false}]\n": {
			`b.yaml:1:60: the key "per_store" is here twice (first as "perStore" on line 1)`},
		"policies:\n  minGap: 3\n  min_gap: 4000\n":   {`b.yaml:3:3: the key "min_gap" is here twice (first as "minGap" on line 2)`},
		"segments: {a_b: 'true', aB: 'true'}\n":       {`b.yaml:1:29: segment name "aB" is not allowed (use lower-case letters, digits and _)`},
		"attributes: {customer: {a_b: INT, ab: 2}}\n": {`b.yaml:1:39: 2 is a number, a name is needed here (write INT)`},

		// Enums and times.
		"market: [{kind: gift, usual: 0.1}]\n":                       {`b.yaml:1:17: unknown value "gift" (did you mean "GIFT"?)`},
		"market: [{kind: 2, usual: 0.1}]\n":                          {`b.yaml:1:17: 2 is a number, a name is needed here (write GIFT)`},
		"market: [{kind: '0x2', usual: 0.1}]\n":                      {`b.yaml:1:17: 0x2 is a number, a name is needed here (write GIFT)`},
		template("channels: [APP, 1]"):                               {`b.yaml:6:21: 1 is a number, a name is needed here (write POS)`},
		template("valid_from: 2026-03-01"):                           {`b.yaml:6:17: "2026-03-01" is not a time (write day, time and offset: "2026-03-01T00:00:00+08:00")`},
		template("valid_from: tomorrow"):                             {`b.yaml:6:17: "tomorrow" is not a time (write day, time and offset: "2026-01-01T00:00:00+08:00")`},
		template("valid_from: 2026-03-01T00:00:00+08:00"):            nil,
		template("occasion: {name: birthday, before: " + long + "}"): {`b.yaml:6:40: "` + long[:99] + `…" is not a period: write for example "90d", "12h", "15m" or "P1Y"`},
		template("occasion: {name: birthday, relation: child}"):      {`b.yaml:6:32: unknown key "relation" (expected one of name before after)`},
		template("rule: segment('" + long + "')"):                    {`b.yaml:6:19: segment "` + long[:99] + `…" does not exist`},
		template("rule: customer." + long + " == 1"):                 {`b.yaml:6:19: undefined field '` + long[:99] + `…'`},
		template(long + ": 1"):                                       nil, // see below
	} {
		got := problemsOf(shopYAML, file)
		if strings.Contains(file, "\n    "+long) {
			if len(got) != 1 || len([]rune(got[0])) > 1200 || strings.Contains(got[0], long) {
				t.Errorf("an endless key: got %v", got)
			}
			continue
		}
		got = slices.DeleteFunc(got, func(p string) bool { return strings.Contains(p, "the catalogue has no templates") })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

func TestFold(t *testing.T) {
	for word, want := range map[string]string{" Milk ": "milk", "ＮＵＴＳ": "nuts", "　花生　": "花生", "Cafe\u0301": "café", "ﬁsh": "fish", "": ""} {
		if got := Fold(word); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		once := Fold(rapid.String().Draw(t, "word"))
		if twice := Fold(once); twice != once {
			t.Fatalf("%q folds on to %q", once, twice)
		}
	})
	cat := load(t, shopYAML, template(`contains: [Milk, " ＮＵＴＳ"]`, "appeals_to: [Sweets]", "solves: [Long Queue]"))
	got := cat.Template("t")
	if d := cmp.Diff([][]string{{"milk", "nuts"}, {"sweets"}, {"long queue"}}, [][]string{got.Contains, got.AppealsTo, got.Solves}); d != "" {
		t.Error(d)
	}
}

func TestContradictionsAreWarnedOf(t *testing.T) {
	got := problemsOf(shopYAML, `
segments:
  gold: customer.tier == "gold"
  nobody: customer.tier == "x" && segment("gold")
templates:
  - id: t
    kind: NOTE
    rule: moment.party.size > 1 && segment("gold")
    levels:
      - {id: a, value: 1}
      - {id: b, value: 2, rule: moment.party.size == 1}
      - {id: c, value: 3, rule: customer.tier != "gold"}
    texts: {en: {title: t, message: m}}
  - id: u
    kind: NOTE
    rule: |
      customer.tier == "a" &&
        customer.tier in ["b"]
    levels: [{id: a, value: 1, rule: customer.tier == "c"}]
    texts: {en: {title: t, message: m}}
`)
	want := []string{
		`b.yaml:4:35: warning: segment "nobody" can never be true: customer.tier == "x" contradicts customer.tier == "gold" in segment "gold"`,
		`b.yaml:11:33: warning: level "b" of template "t" can never be offered: moment.party.size > 1 contradicts moment.party.size == 1`,
		`b.yaml:12:33: warning: level "c" of template "t" can never be offered: customer.tier == "gold" in segment "gold" contradicts customer.tier != "gold"`,
		`b.yaml:18:9: warning: template "u" can never be offered: customer.tier == "a" contradicts customer.tier in ["b"]`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
