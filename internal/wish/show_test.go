package wish

import (
	"strings"
	"testing"
	"unicode"
)

// checkIsolated walks over a line as the bidirectional algorithm does: nothing in it ends the isolate around it or stays open.
func checkIsolated(t *testing.T, line string) {
	t.Helper()
	if line == "" {
		return
	}
	var open []rune
	closed := 0
	for _, r := range line {
		switch r {
		case leftToRightEmbedding, rightToLeftEmbedding, leftToRightOverride, rightToLeftOverride:
			open = append(open, popEmbedding)
		case leftToRightIsolate, rightToLeftIsolate, firstIsolate:
			open = append(open, popIsolated)
		case popEmbedding, popIsolated:
			if len(open) == 0 || open[len(open)-1] != r {
				t.Fatalf("%q: %U closes nothing", line, r)
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				closed++
			}
		default:
			if unicode.IsControl(r) && r != '\t' {
				t.Fatalf("%q has the control character %U", line, r)
			}
			if len(open) == 0 {
				t.Fatalf("%q: %q is outside", line, r)
			}
		}
	}
	if len(open) > 0 || closed != 1 {
		t.Fatalf("%q is not one isolate", line)
	}
}

// bare takes the marks around each line off.
func bare(text string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(line, "\u2068"), "\u2069"))
	}
	return strings.Join(out, "\n")
}

func TestIsolate(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "an umbrella", "an umbrella"},
		{"right to left", "مظلة من فضلك", "مظلة من فضلك"},
		{"closes too much", "a\u2069b\u202cc", "abc"},
		{"opens and never closes", "a\u202eb\u2067c", "abc"},
		{"balanced", "a\u202bb\u202cc\u2067d\u2069", "a\u202bb\u202cc\u2067d\u2069"},
		{"closed across an isolate", "\u202ba\u2067b\u202cc\u2069", "a\u2067bc\u2069"},
		{"opened in an isolate that ends", "\u2067a\u202eb\u2069c", "\u2067ab\u2069c"},
		{"opened and closed on different lines", "\u2067a\nb\u2069", "a\nb"},
		{"lines of all kinds", "a\r\nb\rc\u2028d\n\ne", "a\nb\nc\nd\n\ne"},
		{"escapes of a terminal", "\x1b[31mred\x07\u009b0m", "[31mred0m"},
		{"markup is text", "<b>umbrella</b>", "<b>umbrella</b>"},
		{"nothing", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Isolate(test.text)
			for _, line := range strings.Split(got, "\n") {
				checkIsolated(t, line)
			}
			if bare(got) != test.want {
				t.Errorf("Isolate(%q) = %q, want %q without the marks around", test.text, got, test.want)
			}
		})
	}
}

func TestLine(t *testing.T) {
	for _, test := range []struct {
		name, text string
		n          int
		want       string
	}{
		{"fits", "an umbrella", 11, "an umbrella"},
		{"too long", "an umbrella", 10, "an umbrel…"},
		{"lines", " a\n\n b\tc\u2028d ", 20, "a b c d"},
		{"cut before a base with accents", "abe\u0301\u0302f", 5, "ab…"},
		{"cut before joined emoji", "ab👩\u200d🍳cd", 5, "ab…"},
		{"an isolate that was cut is closed", "\u2067abcdef\u2069", 4, "ab…"},
		{"none", "a", 0, ""},
		{"one", "ab", 1, "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Line(test.text, test.n)
			checkIsolated(t, got)
			if bare(got) != test.want {
				t.Errorf("Line(%q, %d) = %q, want %q without the marks around", test.text, test.n, got, test.want)
			}
		})
	}
}
