package rule

import (
	"fmt"
	"testing"
)

func TestTypesAreAlwaysChecked(t *testing.T) {
	s, _ := testSet(t, map[string]string{"vip": `true`})
	for source, want := range map[string]string{
		`dyn(customer).nope == 1`:                           "1:0 dyn() switches the check of types off",
		`true && .dyn(customer).nope == 1`:                  "1:8 dyn() switches the check of types off",
		"true\n && dyn (customer.tier) == 1":                "2:4 dyn() switches the check of types off",
		`customer.likes.exists(l, dyn(l) == 1)`:             "1:25 dyn() switches the check of types off",
		`[customer, 1][0].nope == 1`:                        "1:16 it is not known what nope is a field of",
		`{"a": customer, "b": 1}["a"].nope == 1`:            "1:28 it is not known what nope is a field of",
		`[customer, moment].exists(c, c.nope == 1)`:         "1:30 it is not known what nope is a field of",
		`has(dyn(customer).nope)`:                           "1:4 dyn() switches the check of types off",
		`customer.visits.total in [1, 2.5]`:                 "",
		`customer.attributes.family_size in [1, 2]`:         "",
		`has(customer.attributes.hobby) && segment("vip")`:  "",
		`customer.relations.exists(r, r.birthday.day == 3)`: "",
	} {
		r, problems := s.Compile(source)
		got := ""
		if r == nil {
			got = fmt.Sprintf("%d:%d %s", problems[0].Line, problems[0].Column, problems[0].Message)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestHintsEnd(t *testing.T) {
	s, _ := testSet(t, nil)
	hints := 0
	for range maxHints + 50 {
		if _, problems := s.Compile(`customer.teir == ""`); problems[0].Hint != "" {
			hints++
		}
	}
	if hints != maxHints {
		t.Errorf("got %d hints, want %d", hints, maxHints)
	}
}
