package card

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                 "plain",
		"two\r\nlines\tand a tab":               "two lines and a tab",
		"\x1b[31mred\x1b[0m\x07\u009b":          "[31mred[0m",
		"a\u202eb\u202c\u2066c\u2069":           "abc",
		"\u200f\u061c\ufeffx\u00ad":             "x",
		"line\u2028separator":                   "line separator",
		"نمی\u200cخواهم":                        "نمی\u200cخواهم", // Persian needs its joiners
		"👨\u200d👩\u200d👧":                       "👨\u200d👩\u200d👧",
		"❤\ufe0f":                               "❤\ufe0f",
		"葛\U000e0100":                           "葛\U000e0100", // an ideographic variation
		"a\U000e0041\U000e007fb":                "ab",          // tags
		"bad\xffbyte":                           "bad\ufffdbyte",
		"z" + strings.Repeat("\u0301", 9) + "a": "z" + strings.Repeat("\u0301", 4) + "a",
	} {
		if got := line(in); got != want {
			t.Errorf("line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWritten(t *testing.T) {
	for in, want := range map[string]string{
		"Hello \u2068ليلى\u2069!": "Hello \u2068ليلى\u2069!",
		"open \u2068ended":        "open ended",
		"\u2069closed\u2068":      "closed",
		"\u202eturned":            "turned",
	} {
		if got := written(in); got != want {
			t.Errorf("written(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParagraphs(t *testing.T) {
	got := paragraphs("\n\n one \r\n\n\n\n two\vthree\x00 \n \n")
	if diff := cmp.Diff([]string{"one", "", "two", "three"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := paragraphs(" \u202e\n\x00"); len(got) != 0 {
		t.Errorf("of nothing that shows: %q", got)
	}
}

// TestLineIsHarmless: whatever comes in, nothing that acts comes out, and doing it twice changes nothing.
func TestLineIsHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("a\x1b\u202e\u2068\u2069\n\u200d\u0301é中ש\ufeff\u2028")))).Draw(t, "text")
		got := line(s)
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q has %U", got, r)
			}
		}
		if !utf8.ValidString(got) || line(got) != got {
			t.Fatalf("%q is not clean", got)
		}
	})
}

func TestIsolate(t *testing.T) {
	for in, want := range map[string]string{
		"Mei": "Mei", "陳": "陳", "é": "é", "שלום": "\u2068שלום\u2069", "a ب": "\u2068a ب\u2069", "١٢": "\u2068١٢\u2069", "": "",
	} {
		if got := isolate(in); got != want {
			t.Errorf("isolate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	long := strings.Repeat("願", 700)
	if got := cut([]string{long}, 600); len(got) != 1 || got[0] != strings.Repeat("願", 600)+"…" {
		t.Errorf("one paragraph: %d characters", utf8.RuneCountInString(got[0]))
	}
	if got := cut([]string{strings.Repeat("a", 600)}, 600); got[0] != strings.Repeat("a", 600) {
		t.Error("600 characters were cut")
	}
	many := strings.Split(strings.Repeat("a\n", 500), "\n")
	if got := cut(many, 600); len(got) != 31 || got[30] != "…" || many[30] != "a" {
		t.Errorf("many short lines: %d", len(got))
	}
	if got := cut(nil, 600); got != nil {
		t.Errorf("nothing became %q", got)
	}
}
