package card

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, text string
		cols       int
		want       []string
	}{
		{"words", "one two three", 7, []string{"one two", "three"}},
		{"spaces in a row", " one   two ", 20, []string{"one two"}},
		{"nothing", "", 10, []string{""}},
		{"a long word", "abcdefghij klm", 4, []string{"abcd", "efgh", "ij", "klm"}},
		{"wide characters", "今早現做的小蛋糕", 6, []string{"今早現", "做的小", "蛋糕"}},
		{"an odd width", "今早現做", 5, []string{"今早", "現做"}},
		{"no comma first", "今早現，做", 6, []string{"今早", "現，做"}},
		{"no bracket last", "今早「現做」", 6, []string{"今早", "「現", "做」"}},
		{"mixed", "送Mei一個cake吧", 8, []string{"送Mei一", "個cake吧"}},
		{"emoji of several characters", "👨\u200d👩\u200d👧👨\u200d👩\u200d👧", 2, []string{"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"}},
		{"marks take no room", "e\u0301e\u0301e\u0301 x", 3, []string{"e\u0301e\u0301e\u0301", "x"}},
		{"what takes no columns", "。 \u200d", 2, []string{"。", "\u200d"}},
		{"a space that holds together", "NT$\u00a0200 is", 8, []string{"NT$\u00a0200", "is"}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.cols)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestColumns(t *testing.T) {
	for s, want := range map[string]int{"abc": 3, "蛋糕": 4, "ｶﾞ": 2, "Ａ": 2, "🎂": 2, "👨\u200d👩\u200d👧": 2, "👍🏽": 2, "e\u0301": 1, "\u2068ש\u2069": 1} {
		if got := columns(s); got != want {
			t.Errorf("columns(%q) = %d, want %d", s, got, want)
		}
	}
}

// TestWrapKeepsText: no line is too long, and nothing but spaces is lost or added.
func TestWrapKeepsText(t *testing.T) {
	letters := []rune("ab ,。「」蛋糕🎂\u200d\u0301é 👍🏽-")
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringOf(rapid.RuneFrom(letters)), rapid.String()).Draw(t, "text")
		cols := rapid.IntRange(2, 30).Draw(t, "columns")
		lines := wrap(s, cols)
		for _, l := range lines {
			if columns(l) > cols {
				t.Fatalf("%q takes %d columns of %d", l, columns(l), cols)
			}
		}
		if got, want := visible(strings.Join(lines, "")), visible(s); got != want {
			t.Fatalf("wrapped to %q, want %q", got, want)
		}
	})
}

func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' {
			return -1
		}
		return r
	}, s)
}

// TestTextWidth: every line of every card fits, on paper of any width.
func TestTextWidth(t *testing.T) {
	cat := load(t)
	for _, width := range []int{0, 1, 16, 20, 32, 42, 48, 80} {
		limit := max(width, 16)
		if width == 0 {
			limit = 48
		}
		for locale := range 2 {
			for _, kind := range kinds() {
				c := Build(input(cat, kind, locale))
				c.Wish = strings.Repeat("願אx", 3000)
				for l := range strings.Lines(Text(c, width)) {
					if l = strings.TrimSuffix(l, "\n"); columns(l) > limit {
						t.Errorf("%s on %d: %q takes %d columns", kind, width, l, columns(l))
					}
				}
			}
			s, err := Shelf(cat, "harbour", locale)
			if err != nil {
				t.Fatal(err)
			}
			for l := range strings.Lines(ShelfText(s, width)) {
				if l = strings.TrimSuffix(l, "\n"); columns(l) > limit {
					t.Errorf("shelf on %d: %q takes %d columns", width, l, columns(l))
				}
			}
		}
	}
}

// TestTextIsHarmless: what a customer wrote cannot move a cursor, ring a bell, or turn the rest of the receipt around.
func TestTextIsHarmless(t *testing.T) {
	evil := "\x1b[2J\x1b]0;x\x07\u202eevil <script>alert(1)</script> שלום\n\u2066second\r\n"
	got := Text(fuller(evil), 32)
	depth := 0
	for _, r := range got {
		switch {
		case r == '\u2068':
			depth++
		case r == '\u2069':
			depth--
		case r == '\n':
			if depth != 0 {
				t.Fatalf("an isolate is open at the end of a line:\n%s", got)
			}
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			t.Fatalf("%U in the text:\n%s", r, got)
		}
	}
	if !strings.Contains(got, "| second\n") {
		t.Errorf("the wish lost its line break:\n%s", got)
	}
	if !utf8.ValidString(got) {
		t.Error("not UTF-8")
	}
}
