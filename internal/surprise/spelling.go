package surprise

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// maxWord is the length, in characters, above which a word is not compared: nobody misspells one, and comparing takes the product
// of both lengths.
const maxWord = 40

// Speller gives hints on misspelt words, but not without end: each one costs a comparison with every candidate, and who has made
// hundreds of mistakes is helped by the first ones. It is safe for concurrent use.
type Speller struct{ left atomic.Int64 }

// NewSpeller returns a speller for so many words.
func NewSpeller(words int) *Speller {
	s := &Speller{}
	s.left.Store(int64(words))
	return s
}

// Candidates are asked for only if they are needed, since listing them has its cost too.
type Candidates func() []string

// DidYouMean is that of the package while there are words left; a nil speller gives no hints.
func (s *Speller) DidYouMean(got string, candidates Candidates) string {
	if s == nil || tooLong(got) || s.left.Add(-1) < 0 {
		return ""
	}
	return DidYouMean(got, candidates())
}

// DidYouMean returns `did you mean "x"?` for the candidate nearest to a misspelt word, or nothing when none is near. Upper and lower
// case are alike.
func DidYouMean(got string, candidates []string) string {
	if tooLong(got) {
		return ""
	}
	word := []rune(strings.ToLower(got))
	best, bestDistance := "", len(word)/3+2
	for _, c := range candidates {
		if tooLong(c) || abs(utf8.RuneCountInString(c)-len(word)) >= bestDistance {
			continue
		}
		if d := distance(word, []rune(strings.ToLower(c)), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// maxListed is how many names a hint lists.
const maxListed = 30

// List joins the first names of a list, for hints.
func List(names []string) string {
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), len(names)-maxListed)
}

// tooLong looks at the bytes first, of which a character has at most four.
func tooLong(word string) bool {
	return len(word) > utf8.UTFMax*maxWord || utf8.RuneCountInString(word) > maxWord
}

func abs(n int) int { return max(n, -n) }

// distance is Levenshtein's, as long as it is below limit; else something not below limit.
func distance(a, b []rune, limit int) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal, nearest := row[0], i
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
			nearest = min(nearest, cost)
		}
		if nearest >= limit { // rows never come nearer than the one before
			return limit
		}
	}
	return row[len(b)]
}
