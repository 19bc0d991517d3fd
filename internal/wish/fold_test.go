package wish

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestNormalFormsFoldAlike(t *testing.T) {
	f := folder{han: newHan()}
	folded := func(s string) string { return string(runes(f.fold(s))) }
	compared := 0
	for r := rune(0x20); r <= utf8.MaxRune; r++ {
		if !unicode.IsPrint(r) || r == '゛' || r == '゜' { // those two are folded as the marks that they mean, not as spaces with marks
			continue
		}
		text := "あ" + string(r) + "b"
		want := folded(text)
		for name, form := range map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD} {
			if other := form.String(text); other != text {
				compared++
				if got := folded(other); got != want {
					t.Errorf("%U %c folds to %q, its %s to %q", r, r, want, name, got)
				}
			}
		}
	}
	if compared < 10_000 {
		t.Errorf("only %d normal forms were compared", compared)
	}
}

func TestUpperAndLowerCaseFoldAlike(t *testing.T) {
	f := folder{han: newHan()}
	for r := rune(0x20); r <= utf8.MaxRune; r++ {
		upper := unicode.ToUpper(r)
		if upper == r || unicode.ToLower(upper) != r && r != 'ς' && r != 'ß' { // "μ" as a sign, "ſ" and the like are for the normal forms
			continue
		}
		if got, want := string(runes(f.fold(string(upper)))), string(runes(f.fold(string(r)))); got != want {
			t.Errorf("%c folds to %q, %c to %q", upper, got, r, want)
		}
	}
}

func TestHanPairs(t *testing.T) {
	h := newHan()
	var firsts []rune
	for line := range strings.Lines(hanPairs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		pairs := []rune(strings.TrimSpace(line))
		if len(pairs)%2 != 0 {
			t.Fatalf("half a pair in %q", line)
		}
		for i := 0; i < len(pairs); i += 2 {
			firsts = append(firsts, pairs[i])
			if got := h.fold(pairs[i]); got != pairs[i+1] || h.fold(got) != got {
				t.Errorf("%c folds to %c, which folds to %c, want %c and no further", pairs[i], got, h.fold(got), pairs[i+1])
			}
		}
	}
	if !slices.IsSorted(firsts) || len(slices.Compact(slices.Clone(firsts))) != len(firsts) || len(firsts) < 3000 {
		t.Errorf("%d pairs: too few, not in order, or one of them twice", len(firsts))
	}
	for _, alike := range []string{"傘伞", "墊垫", "麵麺面", "窗窓", "臺台", "裡裏里", "圖図图", "蛋", "券"} {
		for _, r := range alike {
			if first, _ := utf8.DecodeRuneInString(alike); h.fold(r) != h.fold(first) {
				t.Errorf("%c and %c fold to %c and %c", first, r, h.fold(first), h.fold(r))
			}
		}
	}
	if h.fold('雨') == h.fold('傘') {
		t.Error("all characters fold alike")
	}
}

func TestHiraganaAndKatakanaFoldAlike(t *testing.T) {
	f := folder{han: newHan()}
	for r := 'ぁ'; r <= 'ゞ'; r++ {
		if !unicode.IsLetter(r) {
			continue
		}
		for _, written := range []string{string(r), string(r + 0x60), norm.NFD.String(string(r))} {
			if got := string(runes(f.fold(written))); got != string(r) {
				t.Errorf("%q folds to %q, want %c", written, got, r)
			}
		}
	}
}
