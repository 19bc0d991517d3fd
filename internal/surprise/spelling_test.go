package surprise_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/surprise-service/surprised/internal/surprise"
)

func TestDidYouMeanKeepsToWords(t *testing.T) {
	long := strings.Repeat("x", 41)
	for _, test := range []struct{ word, candidate, want string }{
		{"gift", "GIFT", `did you mean "GIFT"?`},
		{"Tier", "tier", `did you mean "tier"?`},
		{"生曰", "生日", `did you mean "生日"?`},
		{long, long + "y", ""},
		{long[:40], long, ""},
		{long[:39], long[:40], `did you mean "` + long[:40] + `"?`},
		{"abcdef", "abcdefghij", ""},
	} {
		if got := surprise.DidYouMean(test.word, []string{test.candidate}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.word, got, test.want)
		}
	}
}

func TestDidYouMeanIsQuick(t *testing.T) {
	candidates := make([]string, 900)
	for i := range candidates {
		candidates[i] = strings.Repeat("a", 500)
	}
	start := time.Now()
	for range 900 {
		surprise.DidYouMean(strings.Repeat("b", 480), candidates)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}

// What is left out on the way is never what is nearest.
func TestDidYouMeanFindsTheNearest(t *testing.T) {
	word := rapid.StringMatching(`[a-c]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		got, candidates := word.Draw(t, "got"), rapid.SliceOfN(word, 1, 6).Draw(t, "candidates")
		best, nearest := "", len(got)/3+2
		for _, c := range candidates {
			if d := levenshtein(got, c); d < nearest {
				best, nearest = c, d
			}
		}
		want := ""
		if best != "" {
			want = `did you mean "` + best + `"?`
		}
		if hint := surprise.DidYouMean(got, candidates); hint != want {
			t.Fatalf("%s of %v: got %q, want %q", got, candidates, hint, want)
		}
	})
}

func levenshtein(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	if a[0] == b[0] {
		return levenshtein(a[1:], b[1:])
	}
	return 1 + min(levenshtein(a[1:], b[1:]), levenshtein(a[1:], b), levenshtein(a, b[1:]))
}

func TestSpellerEnds(t *testing.T) {
	s := surprise.NewSpeller(1)
	words := func() []string { return []string{"tier"} }
	if first, second := s.DidYouMean("teir", words), s.DidYouMean("teir", words); first == "" || second != "" {
		t.Errorf("got %q and %q, want one hint", first, second)
	}
}
